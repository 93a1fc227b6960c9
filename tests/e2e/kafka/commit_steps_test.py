"""Goal: a commit happens whole or not at all, wherever the process dies in it. Method: the daemon
ends itself with SIGKILL right after each step of a commit (failpoint.cc), early and late, and is
started again; what it has published in the end is what an undisturbed run publishes."""

import signal
import unittest

import faults
from world import Daemon

STEPS = ("begun", "flushed", "offsets", "committed", "store-half", "stored")
TIMES = (1, 2, 2)


class CommitStepsTest(faults.FaultTest):
    def test_death_at_any_step_of_a_commit_changes_nothing(self):
        topic = self.new_topic()
        self.fill(topic)
        configs = {
            step: self.config(f"at-{step}", topic, self.bundle, **{"commit.interval": "10ms"})
            for step in STEPS
        }
        for times in TIMES:
            # All at once: most of the time is waiting for dead members' sessions to run out.
            daemons = {
                step: Daemon(config, "--until-drained", failpoint=f"{step}:{times}:kill")
                for step, config in configs.items()
            }
            for step, daemon in daemons.items():
                code = daemon.wait()
                self.assertEqual(code, -signal.SIGKILL, f"{step} {times}: {daemon.text()[-2000:]}")
        for config in configs.values():
            self.drain(config)
        self.drain(self.config("reference", topic, self.bundle))
        for step in STEPS:
            with self.subTest(step):
                self.check_same_output(f"at-{step}", "reference")


if __name__ == "__main__":
    unittest.main()
