"""Goal: a record that the process cannot bear stops nobody for long. Method: the daemon dies
whenever it works on one record (failpoint.cc), and is started again as a supervisor would; in the
end that record is a dead letter, and all else is what it is without the accident."""

import signal
import unittest

import faults
from world import Daemon, header

OFFSET = 700  # in partition 0
LIVES_MAX = 8


class CrashingRecordTest(faults.FaultTest):
    def test_becomes_a_dead_letter_after_it_was_alone_in_three_crashes(self):
        topic = self.new_topic()
        self.fill(topic)
        config = self.config("crashing", topic, self.bundle)
        # A life that ends well so far, but not in order: the next ones are careful.
        self.assertEqual(self.live(config, "begun:1:kill"), -signal.SIGKILL)
        lives = 0
        while (code := self.live(config, f"record:{OFFSET}:kill")) != 0:
            self.assertEqual(code, -signal.SIGKILL)
            lives += 1
            self.assertLess(lives, LIVES_MAX, "it dies of the record again and again")
        self.assertEqual(lives, 4, "among others, and three times alone")
        self.drain(self.config("reference", topic, self.bundle))
        (letter,) = self.read_all("crashing.dlq.v1")
        told = [header(letter, f"segmentd.error.{name}") for name in ("code", "stage", "offset")]
        self.assertEqual(told, ["crashed", "apply", str(OFFSET)])
        self.check_others(letter.key())

    def live(self, config, failpoint):
        daemon = Daemon(config, "--until-drained", failpoint=failpoint)
        code = daemon.wait()
        self.assertIn(code, (0, -signal.SIGKILL), daemon.text()[-2000:])
        return code

    def check_others(self, customer):
        """Whose record it was has a history without it; nobody else knows of it."""
        for topic in ("segment.changed.v1", "customer.state.v1", "at-risk.v1"):
            of = {}
            for app in ("crashing", "reference"):
                records = [r for r in self.read_all(f"{app}.{topic}") if r.key() != customer]
                of[app] = {(r.key(), r.value()) for r in records}
                self.assertEqual(len(of[app]), len(records), f"{topic}: something came twice")
            self.assertEqual(of["crashing"], of["reference"], topic)
            self.assertTrue(of["reference"] or topic == "at-risk.v1")


if __name__ == "__main__":
    unittest.main()
