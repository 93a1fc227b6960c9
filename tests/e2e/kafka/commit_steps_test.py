"""Goal: a commit happens whole or not at all, wherever the process dies in it. Method: the daemon
ends itself with SIGKILL right after each step of a commit (failpoint.cc), early and late, and is
started again; what it has published in the end is what an undisturbed run publishes."""

import signal
import unittest

import faults
from world import Daemon

# Which time that a step is reached, in each of three lives. A store's first writes make it, others
# bring it up to date in a restore, and the rest of them keep it when its process ends.
COMMIT_STEPS = {step: (1, 2, 3) for step in ("begun", "flushed", "offsets", "committed")}
STORE_STEPS = {step: (1, 5, 3) for step in ("store-half", "stored")}


class CommitStepsTest(faults.FaultTest):
    def test_death_at_any_step_of_a_commit_changes_nothing(self):
        topic = self.new_topic()
        load = self.load(topic, rate=800)
        steps = COMMIT_STEPS | STORE_STEPS
        configs = {step: self.config(f"at-{step}", topic, self.bundle) for step in steps}
        for life in range(3):
            # All at once: most of the time is waiting for dead members' sessions to run out.
            daemons = {
                step: Daemon(
                    config,
                    *(["--until-drained"] if step in STORE_STEPS else []),
                    failpoint=f"{step}:{steps[step][life]}:kill",
                )
                for step, config in configs.items()
            }
            try:
                for step, daemon in daemons.items():
                    code = daemon.wait()
                    self.assertEqual(code, -signal.SIGKILL, f"{step}: {daemon.text()[-2000:]}")
            finally:
                for daemon in daemons.values():
                    daemon.kill()
        load.finish()
        for config in configs.values():
            self.drain(config)
        self.drain(self.config("reference", topic, self.bundle))
        for step in steps:
            with self.subTest(step):
                self.check_same_output(f"at-{step}", "reference")


if __name__ == "__main__":
    unittest.main()
