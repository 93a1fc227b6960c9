"""Goal: a model that is published while daemons run reaches every customer once, whoever is killed
meanwhile, and what is not a model changes nothing. Method: the real command against real daemons
that are killed amid the sweep; a foreign client reads the topics."""

import json
import time
import unittest

import confluent_kafka as ck
from world import Daemon, KafkaTest, wait_for

CUSTOMERS = 20000
PARTITIONS = 4


class ModelTest(KafkaTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        cls.history, cls.bundle = cls.dir / "history.jsonl", cls.dir / "first.model"
        test.segmentd(
            *f"gen --customers 400 --events 8000 --days 90 --seed 5 --out {cls.history}".split()
        )
        test.segmentd(
            "train",
            "-c",
            test.config("trainer", "none"),
            "--events",
            cls.history,
            "--out",
            cls.bundle,
        )

    def fill(self, topic, customers):
        """One purchase of each, in order of time."""
        self.create_topic(topic, PARTITIONS)
        events = []
        for n in range(customers):
            time_ms = 1767225600000 + n * 1000
            event = {"customer_id": f"c{n}", "event_time": time_ms, "amount": 20}
            events.append((None, f"c{n}", json.dumps(event), None))
        self.produce(topic, events)

    def learning(self, app, topic, **sections):
        # Two instances need their own state; the topics are those of the app.
        fields = {
            "learning.enabled": "true",
            "learning.promote": "manual",
            "output.backfill": "true",
            "input.transactions": f"{{topic: {topic}, time: ms}}",
        }
        return self.config(app, topic, **(fields | sections))

    def promote(self, config):
        return self.segmentd("model", "promote", self.bundle, "-c", config).stdout.strip()

    def swept(self, daemons, version):
        partitions = [
            p
            for daemon in daemons
            for shard in (daemon.status() or {"shards": []})["shards"]
            for p in shard["partitions"]
        ]
        done = [p for p in partitions if p["model"] == version and not p["sweeping"]]
        return len({p["partition"] for p in done}) == PARTITIONS

    def check_each_entered_once(self, app, customers):
        changes = [json.loads(value) for _, value in self.changes(app)]
        self.assertEqual(len(changes), customers)
        self.assertEqual({c["reason"] for c in changes}, {"backfill"})
        self.assertEqual({c["ordinal"] for c in changes}, {1})
        self.assertEqual(self.read_all(f"{app}.at-risk.v1"), [], "a model raises no alert")
        self.assertEqual(len(self.last_samples(app)), customers, "to be learned from")

    def test_reaches_every_customer_once_though_two_instances_are_killed_amid(self):
        topic, app = self.unique("tx"), "swept"
        self.fill(topic, CUSTOMERS)
        # A slow commit, so that a kill comes amid the sweep.
        slow = {"commit.interval": "400ms", "commit.change_within": "400ms"}
        configs = [
            self.learning(app, topic, **slow, instance=name, **{"state.dir": str(self.dir / name)})
            for name in ("one", "two")
        ]
        self.segmentd("run", "-c", configs[0], "--until-drained")
        self.assertEqual(self.changes(app), set(), "without a model there are states alone")
        daemons = [Daemon(config) for config in configs]
        wait_for("both to share", lambda: all(d.running() for d in daemons))
        version = self.promote(configs[0])
        for n in range(6):
            victim = n % 2
            wait_for("the victim to work", lambda v=victim: daemons[v].running())
            time.sleep(0.1 * n)  # a different moment of the sweep each time
            daemons[victim].kill()
            daemons[victim] = Daemon(configs[victim])
        wait_for("everybody to have followed", lambda: self.swept(daemons, version), 120)
        for daemon in daemons:
            self.assertEqual(daemon.stop(), 143)
        self.check_each_entered_once(app, CUSTOMERS)

    def test_what_is_no_model_changes_nothing(self):
        topic, app = self.unique("tx"), "corrupt"
        self.fill(topic, 50)
        config = self.learning(app, topic)
        # An event that comes after the model would be its customer's first reason.
        self.segmentd("run", "-c", config, "--until-drained")
        daemon = Daemon(config)
        self.addCleanup(daemon.kill)
        wait_for("the daemon", lambda: daemon.running() == PARTITIONS)
        version = self.promote(config)
        wait_for("the model", lambda: self.swept([daemon], version))

        producer = ck.Producer({"bootstrap.servers": self.brokers})
        bogus = "feedfacefeedface"
        pointer = b"\x08\x01\x12\x10" + bogus.encode()
        records = {r.key(): r.value() for r in self.read_all(f"{app}.model.v1")}
        manifest = records[f"{app}/{version}".encode()].replace(version.encode(), bogus.encode())
        for key, value in {
            f"{app}/{bogus}/0": b"garbage",
            f"{app}/{bogus}": manifest,
            f"{app}/active": pointer,
            f"{app}/unheard-of": b"\xff\xff",
        }.items():
            producer.produce(f"{app}.model.v1", key=key, value=value, partition=0)
        producer.flush(30)
        self.assertIn(bogus, wait_for("the problem to be told", lambda: model_problem(daemon)))
        wait_for("its status", lambda: (daemon.status() or {}).get("model") == version)
        self.assertTrue(self.swept([daemon], version), "nobody went anywhere")
        self.check_each_entered_once(app, 50)

        # It is the same for one that starts now, and over when a good model is promoted again.
        self.assertEqual(daemon.stop(), 143)
        daemon = Daemon(config)
        self.addCleanup(daemon.kill)
        wait_for("the partitions", lambda: daemon.running() == PARTITIONS)
        self.assertTrue(self.swept([daemon], version), "they go on as they are")
        listed = json.loads(self.segmentd("model", "list", "-c", config, "--json").stdout)
        self.assertIn(version, [model["version"] for model in listed])
        self.segmentd("model", "promote", version, "-c", config)
        wait_for("the problem to be over", lambda: model_problem(daemon) == "")
        wait_for("the model", lambda: self.swept([daemon], version))
        self.assertEqual(daemon.stop(), 143)
        self.check_each_entered_once(app, 50)

    def test_a_model_is_pinned_looked_at_and_refused(self):
        topic, app = self.unique("tx"), "looked-at"
        self.fill(topic, 1)
        config = self.learning(app, topic)
        self.segmentd("run", "-c", config, "--until-drained")
        version = self.promote(config)
        self.assertEqual(
            self.segmentd("model", "promote", self.bundle, "-c", config, check=False).returncode, 78
        )
        self.assertEqual(
            self.segmentd("model", "promote", "nothing", "-c", config, check=False).returncode, 1
        )
        self.segmentd("model", "pin", version, "-c", config)
        listed = json.loads(self.segmentd("model", "list", "-c", config, "--json").stdout)
        self.assertEqual([m["role"] for m in listed], ["pinned"])
        self.segmentd("model", "pin", "--off", "-c", config)
        refused = self.segmentd("model", "rollback", "-c", config, check=False)
        self.assertEqual(refused.returncode, 1)
        shown = json.loads(self.segmentd("model", "show", version, "-c", config, "--json").stdout)
        self.assertEqual(shown["version"], version)
        same = json.loads(
            self.segmentd("model", "diff", version, version, "-c", config, "--json").stdout
        )
        self.assertEqual([s["from"] for s in same], [s["to"] for s in same])
        self.assertEqual(len(same), len(shown["segments"]))


def model_problem(daemon):
    return (daemon.status() or {}).get("model_problem")


if __name__ == "__main__":
    unittest.main()
