"""Goal: `export` gives analysts what a batch job over the same transactions gives them. Method: the
CDNOW sample as events through the daemon, exported, against the same counts made here."""

import collections
import csv
import datetime
import decimal
import io
import json
import os
import pathlib
import pty
import signal
import subprocess
import unittest

from world import BINARY, ROOT, KafkaTest, pending, wait_for

DATA = pathlib.Path(os.environ.get("SEGMENTD_DATA", ROOT / ".." / "shared" / "data"))
SAMPLE = DATA / "CDNOW_sample.txt"
CUT = datetime.date(1997, 9, 30)
END = datetime.date(1998, 6, 30)


def transactions():
    """(customer, date, amount) in order of time; within a day as in the file."""
    rows = []
    for line in SAMPLE.read_text().splitlines():
        _, customer, day, _, amount = line.split()
        date = datetime.datetime.strptime(day, "%Y%m%d").date()
        rows.append((customer, date, amount))
    return sorted(rows, key=lambda row: row[1])


def events(rows):
    for i, (customer, date, amount) in enumerate(rows):
        event = {
            "event_id": f"t{date}-{i}",
            "customer_id": customer,
            "event_time": f"{date}T12:00:00Z",
            "amount": float(amount),
        }
        yield customer, json.dumps(event)


def summary(rows, until):
    """customer -> (x, t_x, T, m): purchase days, as the literature counts them."""
    days = collections.defaultdict(dict)
    for customer, date, amount in rows:
        if date <= until:
            day = days[customer]
            day[date] = day.get(date, decimal.Decimal(0)) + decimal.Decimal(amount)
    table = {}
    for customer, spend in days.items():
        first, last, x = min(spend), max(spend), len(spend) - 1
        repeat = sum(spend.values()) - spend[first]
        mean = float(repeat) / x if x else None
        table[customer] = (x, (last - first).days / 7, (until - first).days / 7, mean)
    return table


class ExportTest(KafkaTest):
    @classmethod
    def setUpClass(cls):
        if not SAMPLE.exists():
            raise unittest.SkipTest(f"no {SAMPLE}: set SEGMENTD_DATA to the folder that holds it")
        super().setUpClass()
        self = cls()
        cls.rows = transactions()
        cls.topic, cls.model = "tx-export", cls.dir / "export.model"
        history = cls.dir / "cdnow.jsonl"
        known = [row for row in cls.rows if row[1] <= CUT]
        history.write_text("".join(f"{event}\n" for _, event in events(known)))
        arguments = ("-c", self.config("trainer", cls.topic), "--events", history)
        trained = self.segmentd("train", *arguments, "--out", cls.model, "--json")
        cls.report = json.loads(trained.stdout)
        self.create_topic(cls.topic, 3)
        cls.config_path = self.config("export", cls.topic, cls.model)
        self.feed(known)

    def runTest(self):
        pass

    def feed(self, rows):
        self.produce(
            self.topic, ((None, key.encode(), value.encode(), None) for key, value in events(rows))
        )
        self.segmentd("run", "-c", self.config_path, "--until-drained")

    def export(self, *arguments, check=True):
        return self.segmentd("export", "-c", self.config_path, *arguments, check=check)

    def csv(self, *arguments):
        rows = csv.DictReader(io.StringIO(self.export(*arguments).stdout))
        return {row["customer_id"]: row for row in rows}

    def check_purchases(self, exported, until):
        expected = summary(self.rows, until)
        self.assertEqual(set(exported), set(expected))
        for customer, (x, recency, age, mean) in expected.items():
            row = exported[customer]
            self.assertEqual(float(row["frequency"]), x, customer)
            self.assertEqual(float(row["recency_weeks"]), recency, customer)
            self.assertEqual(float(row["age_weeks"]), age, customer)
            self.assertEqual(float(row["monetary"]) if x else None, mean, customer)
            self.assertEqual(row["monetary"] == "", x == 0, customer)

    def test_purchases_equal_those_of_the_batch_and_go_on(self):
        exported = self.csv("--as-of", f"{CUT}T23:59:59Z")
        self.check_purchases(exported, CUT)
        self.assertEqual(len(exported), 2357)
        self.check_published(exported)
        self.check_formats(exported)
        self.check_scores(exported)

        self.feed([row for row in self.rows if row[1] > CUT])
        self.check_purchases(self.csv("--as-of", f"{END}T23:59:59Z"), END)
        past = self.export("--as-of", f"{CUT}T23:59:59Z", check=False)
        self.assertEqual(past.returncode, 78)
        self.assertIn("is past", past.stderr)
        self.assertEqual(past.stdout, "")

    def check_published(self, exported):
        """The summary that everybody uses rounds to hundredths."""
        path = DATA / "cdnow_customers_summary_with_transactions.csv"
        for line in csv.DictReader(path.read_text().splitlines()):
            row = exported[f"{int(line['ID']):04d}"]
            self.assertEqual(float(row["frequency"]), float(line["x"]))
            for ours, theirs in (("recency_weeks", "t_x"), ("age_weeks", "T")):
                self.assertAlmostEqual(float(row[ours]), float(line[theirs]), delta=0.0051)

    def check_formats(self, exported):
        out = self.dir / "export.jsonl"
        report = self.export(
            "--as-of", f"{CUT}T23:59:59Z", "--format", "jsonl", "--out", out, "--json"
        )
        self.assertEqual(json.loads(report.stdout)["customers"], 2357)
        for line in out.read_text().splitlines():
            row = json.loads(line)
            cells = exported[row["customer_id"]]
            self.assertEqual(list(row), list(cells))
            for column, value in row.items():
                self.assertEqual(value is None, cells[column] == "", column)
                if isinstance(value, (int, float)):
                    self.assertEqual(value, float(cells[column]), column)
                elif value is not None:
                    self.assertEqual(value, cells[column])

    def check_scores(self, exported):
        """The parameters that everybody finds, and scores that follow from them."""
        risk = self.report["risk"]
        self.assertEqual(risk["kind"], "mbg_nbd")
        published = {"r": 0.525, "alpha_weeks": 6.183, "a": 0.891, "b": 1.614}
        for name, value in published.items():
            self.assertAlmostEqual(risk[name] / value, 1, delta=0.01, msg=name)
        self.assertAlmostEqual(risk["log_likelihood"], -9582.13, delta=0.1)
        states = {
            key.decode(): json.loads(value) for key, value in self.last_states("export").items()
        }
        for customer, row in exported.items():
            self.assertTrue(0 < float(row["score"]) < 1)
            self.assertGreater(float(row["clv_365d"]), 0)
            self.assertEqual(row["segment_id"], states[customer]["segment"]["id"])
            self.assertEqual(row["segment"], states[customer]["segment"]["name"])

    def start(self, *arguments, **options):
        command = [BINARY, "export", "-c", str(self.config_path), *map(str, arguments)]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)

    def test_leaves_nothing_behind_when_it_is_stopped(self):
        out, scratch = self.dir / "stopped.csv", self.dir / "scratch"
        scratch.mkdir()
        broker = int((self.dir / "kafka" / "pid").read_text())
        os.kill(broker, signal.SIGSTOP)
        self.addCleanup(os.kill, broker, signal.SIGCONT)
        environment = os.environ | {"TMPDIR": str(scratch)}
        process = self.start("--out", out, env=environment, stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        wait_for("its file", lambda: list(self.dir.glob("stopped.csv.*")))
        process.send_signal(signal.SIGINT)
        wait_for("the signal to be taken", lambda: not pending(process.pid, signal.SIGINT))
        os.kill(broker, signal.SIGCONT)
        self.assertEqual(process.wait(60), 130)
        self.assertEqual(list(self.dir.glob("stopped.csv*")), [])
        self.assertEqual(list(scratch.iterdir()), [])

    def test_shows_its_progress_on_a_terminal_alone(self):
        ours, theirs = pty.openpty()
        process = self.start(stdout=subprocess.DEVNULL, stderr=theirs)
        self.assertEqual(process.wait(60), 0)
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertRegex(shown, r"%  reading the changelog: \d+ records")
        self.assertTrue(shown.endswith("\r\x1b[K"), "the line is cleared in the end")
        self.assertNotIn("reading", self.export().stderr)

    def test_keeps_what_is_there_when_it_cannot_write(self):
        out = self.dir / "kept.csv"
        out.write_text("of yesterday")
        self.assertEqual(self.export("--out", out / "below", check=False).returncode, 74)
        past = self.export("--as-of", "1990-01-01T00:00:00Z", "--out", out, check=False)
        self.assertEqual(past.returncode, 78)
        self.assertEqual(out.read_text(), "of yesterday")
        self.assertEqual(list(self.dir.glob("kept.csv*")), [out])
        process = self.start(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        self.assertEqual(process.wait(60), 1)
        self.assertIn("nobody reads", process.stderr.read().decode())
        process.stderr.close()

    def test_says_what_is_missing(self):
        nowhere = self.config("never-ran", self.topic, self.model)
        done = self.segmentd("export", "-c", nowhere, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("never-ran.changelog", done.stderr)
        self.assertEqual(self.export("--as-of", "yesterday", check=False).returncode, 2)
        self.assertEqual(self.export("--json", check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main()
