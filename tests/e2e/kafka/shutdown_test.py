"""Goal: SIGTERM ends the daemon within 20 s whatever the broker does, a second signal at once, and
neither loses anything. Method: the real binary under load, with the broker as it should be and
stopped; what is published in the end is what an undisturbed run publishes."""

import os
import signal
import time
import unittest

import faults
from world import Daemon, pending, wait_for

PROMISED_S = 20
SLACK_S = 5  # of a busy machine, for a process to be noticed gone


class ShutdownTest(faults.FaultTest):
    def setUp(self):
        self.daemon = None

    def tearDown(self):
        if self.daemon is not None:
            self.daemon.kill()

    def start(self, app, topic):
        self.daemon = Daemon(self.config(app, topic, self.bundle))
        self.wait_for_all(self.daemon)
        self.wait_for_work(app)
        return self.daemon

    def end(self, signals):
        """Sends so many SIGTERMs; how long it took to end."""
        began = time.monotonic()
        process = self.daemon.process
        for _ in range(signals):
            process.send_signal(signal.SIGTERM)
            # Two signals of one kind that wait together are one.
            taken = lambda: process.poll() is not None or not pending(process.pid, signal.SIGTERM)
            wait_for("the signal to be taken", taken)
        self.assertEqual(self.daemon.wait(120), 128 + signal.SIGTERM, self.daemon.text()[-2000:])
        return time.monotonic() - began

    def check(self, app, topic, load):
        load.finish()
        self.drain(self.config(app, topic, self.bundle))
        self.check_undisturbed(app, topic)

    def broker_pid(self):
        return int((self.dir / "kafka" / "pid").read_text())

    def test_it_ends_in_time_under_load(self):
        app, topic = "loaded", self.new_topic()
        load = self.load(topic)
        self.start(app, topic)
        self.assertLess(self.end(1), PROMISED_S + SLACK_S)
        self.assertIn("stopped", self.daemon.text())
        self.check(app, topic, load)

    def test_a_second_signal_ends_it_at_once(self):
        app, topic = "twice", self.new_topic()
        load = self.load(topic)
        self.start(app, topic)
        self.end(2)
        self.check(app, topic, load)

    def hung(self, app, signals):
        topic = self.new_topic()
        load = self.load(topic)
        self.start(app, topic)
        os.kill(self.broker_pid(), signal.SIGSTOP)
        try:
            took = self.end(signals)
        finally:
            os.kill(self.broker_pid(), signal.SIGCONT)
        self.check(app, topic, load)
        return took

    def test_it_ends_in_time_while_the_broker_hangs(self):
        self.assertLess(self.hung("hung", 1), PROMISED_S + SLACK_S)

    def test_a_second_signal_ends_it_while_the_broker_hangs(self):
        self.hung("hung-twice", 2)
        self.assertIn("second signal", self.daemon.text())


if __name__ == "__main__":
    unittest.main()
