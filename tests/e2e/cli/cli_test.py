"""What a shell sees of segmentd when no broker is there."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

BINARY = os.environ["SEGMENTD_BINARY"]
COMMANDS = ("run", "init", "check-config", "topics", "gen", "train", "health", "version")


class CliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="segmentd-cli-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def segmentd(self, *args, code=0, env=None):
        done = subprocess.run(
            [BINARY, *map(str, args)],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.dir,
            env={**os.environ, **(env or {})},
        )
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def write(self, text, name="segmentd.yaml"):
        path = self.dir / name
        path.write_text(text)
        return path

    def absent_broker(self):
        """A port on which nobody listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return f"127.0.0.1:{probe.getsockname()[1]}"


class UsageTest(CliTest):
    def test_help_is_data_and_begins_with_examples(self):
        for command in COMMANDS:
            done = self.segmentd(command, "--help")
            self.assertEqual(done.stderr, "", command)
            self.assertLess(done.stdout.index("Examples:"), done.stdout.index("Usage:"), command)
        overview = self.segmentd("--help").stdout
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", overview)

    def test_no_command_shows_the_help_as_words(self):
        done = self.segmentd(code=2)
        self.assertEqual(done.stdout, "")
        self.assertIn("Examples:", done.stderr)

    def test_a_mistyped_word_is_answered_with_the_nearest(self):
        for args, expected in (
            (["rnu"], "did you mean run?"),
            (["check-confg", "x"], "did you mean check-config?"),
            (["gen", "--custmers", "5"], "did you mean --customers?"),
            (["run", "--confg", "x"], "did you mean --config?"),
            (["run", "--until-draned", "-c", "x"], "did you mean --until-drained?"),
            (["topics", "lits"], "did you mean list?"),
        ):
            done = self.segmentd(*args, code=2)
            self.assertIn(expected, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_what_is_missing_or_of_a_wrong_type_is_named(self):
        self.assertIn("--config", self.segmentd("run", code=2).stderr)
        self.assertIn("--events", self.segmentd("gen", "--events", "many", code=2).stderr)
        self.assertIn("--events", self.segmentd("gen", "--events", "-1", code=2).stderr)
        self.segmentd("health", "--address", "nowhere", code=2)
        self.assertIn("--start", self.segmentd("gen", "--start", "monday", code=2).stderr)

    def test_version_for_people_and_programs(self):
        self.assertRegex(self.segmentd("version").stdout, r"^segmentd \d+\.\d+\.\d+ ")
        told = json.loads(self.segmentd("version", "--json").stdout)
        self.assertEqual(set(told), {"version", "revision", "compiler"})
        self.assertEqual(self.segmentd("--version").stdout.strip(), told["version"])


class ConfigTest(CliTest):
    def test_what_init_prints_is_a_configuration(self):
        printed = self.segmentd("init").stdout
        path = self.write(printed)
        done = self.segmentd("check-config", path)
        self.assertEqual(done.stdout, "")
        self.assertIn("no mistakes", done.stderr)
        self.assertEqual(self.segmentd("check-config", "-c", path, "--print").stdout, printed)

    def test_every_mistake_is_told_with_its_place(self):
        path = self.write("kafka:\n  borkers: x\nshards: 0\n")
        for command in ("check-config", "run"):
            done = self.segmentd(command, "-c", path, code=78)
            self.assertIn(
                f"{path}:2:3: unknown key `kafka.borkers`; did you mean `brokers`?", done.stderr
            )
            self.assertIn(f"{path}:3:9: shards", done.stderr)
        told = json.loads(self.segmentd("check-config", "-c", path, "--json", code=78).stdout)
        self.assertFalse(told["ok"])
        self.assertEqual(len(told["errors"]), 2)

    def test_the_environment_overrides_typed_fields(self):
        path = self.write("shards: 2\n")
        done = self.segmentd("check-config", "-c", path, "--print", env={"SEGMENTD_SHARDS": "3"})
        self.assertIn("\nshards: 3\n", done.stdout)
        done = self.segmentd(
            "check-config", "-c", path, code=78, env={"SEGMENTD_KAFKA__BORKERS": "x:1"}
        )
        self.assertIn("SEGMENTD_KAFKA__BROKERS", done.stderr)

    def test_what_only_others_know_is_told_with_its_place_too(self):
        path = self.write(
            "kafka:\n  client:\n    enable.idempotence: false\n    sesion.timeout.ms: 9000\n"
            "input: {transactions: {fields: {amount: order..net, channel: {constant: 5}}}}\n"
            "features: {exclude: [category_share_*, order_7d]}\n"
        )
        told = self.segmentd("check-config", path, code=78).stderr.splitlines()
        for line, place, words in zip(
            told,
            ("3:5: kafka.client.enable.idempotence", "4:5: kafka.client.sesion.timeout.ms")
            + ("5:41: input.transactions.fields.amount", "5:62: input.transactions.fields.channel")
            + ("6:21: features.exclude",),
            ("set by segmentd itself", "did you mean `session.timeout.ms`?", "no dotted path")
            + ("expected a text", "did you mean `orders_7d`?"),
        ):
            self.assertIn(f"{path}:{place}: ", line)
            self.assertIn(words, line)
        self.assertEqual(len(told), 5)
        self.segmentd("run", "-c", path, code=78)

    def test_files_that_it_names_are_read_unless_offline(self):
        path = self.write("learning: {bootstrap: nowhere.model}\n")
        self.assertIn("nowhere.model", self.segmentd("check-config", path, code=78).stderr)
        self.segmentd("check-config", path, "--offline")
        self.assertIn("nowhere.model", self.segmentd("run", "-c", path, code=78).stderr)

    def test_a_missing_configuration_is_named(self):
        self.assertIn("nowhere.yaml", self.segmentd("run", "-c", "nowhere.yaml", code=78).stderr)


class GenTest(CliTest):
    def test_the_same_seed_makes_the_same_bytes(self):
        args = ("gen", "--customers", 50, "--events", 500, "--days", 30, "--seed", 3)
        first = self.segmentd(*args)
        self.assertEqual(len(first.stdout.splitlines()), 500)
        self.assertIn("500 transactions", first.stderr)
        self.assertNotIn("\r", first.stderr)
        self.segmentd(*args, "--out", "g.jsonl", "--truth", "truth.jsonl")
        self.assertEqual((self.dir / "g.jsonl").read_text(), first.stdout)
        for line in (self.dir / "truth.jsonl").read_text().splitlines():
            json.loads(line)
        self.assertNotEqual(self.segmentd(*args[:-1], 4).stdout, first.stdout)

    def test_out_and_brokers_exclude_each_other(self):
        self.segmentd("gen", "--out", "x", "--brokers", "b:1", code=2)

    def test_a_full_or_missing_folder_is_a_storage_error(self):
        args = ("gen", "--events", 10, "--customers", 5)
        self.segmentd(*args, "--out", "nowhere/x", code=74)
        told = self.segmentd(*args, "--truth", "nowhere/x", code=74)
        self.assertIn("nowhere/x cannot be written: No such file", told.stderr)
        self.assertEqual(told.stdout, "")


class TrainTest(CliTest):
    def test_learns_the_same_model_from_the_same_history(self):
        config = self.write("app: t\n")
        self.segmentd("gen", "--customers", 200, "--events", 4000, "--days", 60, "--out", "h.jsonl")
        told = json.loads(
            self.segmentd(
                "train", "-c", config, "--events", "h.jsonl", "--out", "a.model", "--json"
            ).stdout
        )
        self.assertGreaterEqual(len(told["segments"]), 4)
        self.segmentd("train", "-c", config, "--events", "h.jsonl", "--out", "b.model")
        self.assertEqual((self.dir / "a.model").read_bytes(), (self.dir / "b.model").read_bytes())
        self.assertEqual(sorted(p.name for p in self.dir.glob("*.model*")), ["a.model", "b.model"])
        self.segmentd("check-config", self.write("learning: {bootstrap: a.model}\n", "b.yaml"))

    def test_a_damaged_model_is_refused(self):
        self.write("no model at all, but long enough to be looked at as one", "bad.model")
        config = self.write("learning: {bootstrap: bad.model}\n")
        self.assertIn("bad.model", self.segmentd("run", "-c", config, code=74).stderr)

    def test_a_missing_history_is_named(self):
        done = self.segmentd(
            "train", "-c", self.write(""), "--events", "no.jsonl", "--out", "m", code=1
        )
        self.assertIn("no.jsonl", done.stderr)


class AbsentBrokerTest(CliTest):
    def test_topics_says_try_again(self):
        config = self.write(f'kafka: {{brokers: "{self.absent_broker()}"}}\n')
        for action in ("list", "create"):
            self.segmentd("topics", action, "-c", config, code=75)

    def start(self, http=""):
        self.broker = self.absent_broker()
        config = self.write(
            f'kafka: {{brokers: "{self.broker}"}}\n'
            f'http: {{listen: "127.0.0.1:0"{http}}}\nstate: {{dir: state}}\n'
        )
        process = subprocess.Popen(
            [BINARY, "run", "-c", str(config)],
            cwd=self.dir,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.log = []
        port = None
        while port is None:
            line = process.stderr.readline()
            self.assertNotEqual(line, "", "".join(self.log))
            self.log.append(line)
            found = re.search(r"listening.*127\.0\.0\.1:(\d+)", line)
            port = found and int(found.group(1))
        return process, port, config

    def get(self, port, path, headers=None, method="GET"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers=headers or {}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def test_run_waits_not_ready_but_alive(self):
        process, port, config = self.start()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            status, _, body = self.get(port, "/readyz")
            self.assertEqual(status, 503)
            if self.broker in body:
                break
            time.sleep(0.05)
        self.assertIn(self.broker, json.loads(body)["reasons"][0])
        self.assertEqual(self.get(port, "/livez")[0], 200)
        self.assertEqual(self.get(port, "/startupz")[0], 503)
        self.assertEqual(json.loads(self.get(port, "/statusz")[2])["phase"], "starting")
        health = self.segmentd("health", "--address", f"127.0.0.1:{port}", "--json", code=1)
        self.assertFalse(json.loads(health.stdout)["ready"])
        self.segmentd("health", "-c", config, code=78)
        elsewhere = {"SEGMENTD_HTTP__LISTEN": f"0.0.0.0:{port}"}
        self.assertIn("not ready", self.segmentd("health", code=1, env=elsewhere).stderr)

        status, headers, text = self.get(port, "/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertIn('segmentd_phase{phase="starting"} 1', text)
        paths = json.loads(self.get(port, "/openapi.json")[2])["paths"]
        for path in paths:
            self.assertIn(self.get(port, path)[0], (200, 503), path)
            self.assertEqual(self.get(port, path, method="POST")[0], 405, path)
        self.assertEqual(self.get(port, "/nowhere")[1]["Content-Type"], "application/problem+json")

        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 143)
        self.assertEqual(process.stdout.read(), "")

    def test_an_interrupt_ends_with_130(self):
        process, _, _ = self.start()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 130)

    def test_a_token_guards_all_but_the_probes(self):
        self.write("hush\n", "token")
        _, port, _ = self.start(", token_file: token")
        self.assertEqual(self.get(port, "/livez")[0], 200)
        self.assertEqual(self.get(port, "/metrics")[0], 401)
        self.assertEqual(self.get(port, "/metrics", {"Authorization": "Bearer hush"})[0], 200)

    def test_a_second_process_on_the_state_directory_ends_with_74(self):
        process, _, config = self.start()
        done = self.segmentd("run", "-c", config, code=74)
        self.assertIn(str(process.pid), done.stderr)


if __name__ == "__main__":
    unittest.main()
