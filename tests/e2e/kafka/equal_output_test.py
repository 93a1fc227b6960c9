"""Goal: output is a function of each partition's input alone. Method: the same topic through the
daemon with other commit intervals, caches, shards and numbers of instances; every run must publish
the same."""

import unittest

from world import Daemon, KafkaTest

EVENTS = 30000


class EqualOutputTest(KafkaTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        cls.topic, cls.bundle, history = (
            "tx-equal",
            cls.dir / "equal.bundle",
            cls.dir / "equal.jsonl",
        )
        self.create_topic(cls.topic, 6)
        arguments = ("--customers", 1500, "--events", EVENTS, "--days", 90, "--seed", 11)
        self.segmentd("gen", *arguments, "--out", history)
        self.segmentd("gen", *arguments, "--brokers", cls.brokers, "--topic", cls.topic)
        self.segmentd(
            "train",
            "-c",
            self.config("equal-trainer", cls.topic),
            "--events",
            history,
            "--out",
            cls.bundle,
        )
        self.segmentd("run", "-c", self.config("plain", cls.topic, cls.bundle), "--until-drained")
        cls.expected, cls.states = self.changes("plain"), self.last_states("plain")

    def runTest(self):
        pass

    def check(self, app):
        self.assertGreater(len(self.expected), 1500)
        self.assertEqual(self.changes(app), self.expected)
        self.assertEqual(self.last_states(app), self.states)

    def run_with(self, app, **sections):
        self.segmentd(
            "run", "-c", self.config(app, self.topic, self.bundle, **sections), "--until-drained"
        )
        self.check(app)

    def test_a_short_commit_interval_changes_nothing(self):
        self.run_with("short", **{"commit.interval": "10ms"})

    def test_a_long_commit_interval_changes_nothing(self):
        self.run_with("long", **{"commit.interval": "5s", "commit.change_within": "5s"})

    def test_little_memory_changes_nothing(self):
        self.run_with("little", **{"state.memory": "64MiB"})

    def test_two_shards_change_nothing(self):
        self.run_with("shards", shards="2")

    def test_two_instances_that_share_the_partitions_change_nothing(self):
        first = Daemon(self.config("two", self.topic, self.bundle), "--until-drained")
        second = Daemon(
            self.config("two", self.topic, self.bundle, **{"state.dir": str(self.dir / "two-b")}),
            "--until-drained",
        )
        self.assertEqual(first.wait(), 0, first.text()[-2000:])
        self.assertEqual(second.wait(), 0, second.text()[-2000:])
        self.check("two")

    def test_a_lost_state_directory_is_rebuilt_from_the_changelog(self):
        import shutil

        config = self.config("lost", self.topic, self.bundle)
        daemon = Daemon(config, "--until-drained")
        self.assertEqual(daemon.wait(), 0)
        shutil.rmtree(self.dir / "lost")
        self.segmentd("run", "-c", config, "--until-drained")
        self.check("lost")


if __name__ == "__main__":
    unittest.main()
