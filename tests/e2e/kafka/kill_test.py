"""Goal: a marketing trigger never sees a change twice and never misses one, whoever kills the
daemon. Method: one input, one run that nobody kills, one that is killed with -9 again and again;
both must have published the same. SEGMENTD_KILLS sets how often (20; `./dev soak` takes 200)."""

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

        self.check_same_output("killed", "reference")


if __name__ == "__main__":
    unittest.main()
