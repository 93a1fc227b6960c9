"""Goal: a marketing trigger never sees a change twice and never misses one, whoever kills the
daemon. Method: one input, one run that nobody kills, one that is killed with -9 again and again;
both must have published the same. SEGMENTD_KILLS sets how often (20; `./dev soak` takes 200)."""

import json
import os
import random
import time
import unittest

from world import Daemon, KafkaTest, wait_for

KILLS = int(os.environ.get("SEGMENTD_KILLS", "20"))
EVENTS = int(os.environ.get("SEGMENTD_KILL_EVENTS", "200000"))
SEED = int(os.environ.get("SEGMENTD_KILL_SEED", "1"))


class KillTest(KafkaTest):
    def test_twenty_kills_change_nothing_that_is_published(self):
        topic, bundle = self.unique("tx"), self.dir / "model.bundle"
        self.create_topic(topic, 6)
        history = self.dir / "history.jsonl"
        self.segmentd(
            "gen",
            "--customers",
            4000,
            "--events",
            EVENTS,
            "--days",
            120,
            "--seed",
            5,
            "--out",
            history,
        )
        reference = self.config("reference", topic, bundle)
        self.segmentd(
            "gen",
            "--customers",
            4000,
            "--events",
            EVENTS,
            "--days",
            120,
            "--seed",
            5,
            "--brokers",
            self.brokers,
            "--topic",
            topic,
        )
        self.segmentd(
            "train", "-c", self.config("trainer", topic), "--events", history, "--out", bundle
        )

        self.segmentd("run", "-c", reference, "--until-drained")
        expected = self.changes("reference")
        self.assertGreater(len(expected), 4000, "the input makes too few changes to prove anything")

        killed = self.config("killed", topic, bundle, **{"commit.interval": "50ms"})
        moments = random.Random(SEED)
        survived = 0
        for _ in range(KILLS):
            daemon = Daemon(killed, "--until-drained")
            wait_for(
                "a running partition or the end",
                lambda: daemon.process.poll() is not None or "state=running" in daemon.text(),
            )
            time.sleep(moments.random() * 0.25)
            survived += daemon.process.poll() is not None
            daemon.kill()
        self.segmentd("run", "-c", killed, "--until-drained")
        print(f"{KILLS} kills, {survived} of them after the end; {len(expected)} changes")

        actual = self.changes("killed")
        self.assertEqual(len(expected - actual), 0, "changes are missing")
        self.assertEqual(len(actual - expected), 0, "changes differ or were made up")
        self.assertEqual(self.last_states("killed"), self.last_states("reference"))
        self.check_chains("killed")

    def check_chains(self, app):
        """Ordinals from 1 without gaps; previous is the current before it."""
        last = {}
        for record in self.read_all(f"{app}.segment.changed.v1"):
            change = json.loads(record.value())
            before = last.get(record.key(), {"ordinal": 0, "current": None})
            self.assertEqual(change["ordinal"], before["ordinal"] + 1)
            if before["current"] is None:
                self.assertIsNone(change["previous"])
            else:
                for field in ("segment_id", "since"):
                    self.assertEqual(change["previous"][field], before["current"][field])
            last[record.key()] = change


if __name__ == "__main__":
    unittest.main()
