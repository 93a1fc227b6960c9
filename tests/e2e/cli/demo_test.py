"""What the demo shows within its first minutes, on the broker that it brings along."""

import os
import re
import signal
import subprocess
import threading
import unittest

BINARY = os.environ["SEGMENTD_BINARY"]
PATIENCE_S = 400

SHOWN = {
    "a retrain that was promoted": re.compile(r"  [0-9a-f]{16} promoted: "),
    "a challenger that was rejected, and why": re.compile(
        r"  [0-9a-f]{16} rejected: .*, (above|below) \d"
    ),
    "a new segment and where it came from": re.compile(r'  seg-\d+ ".*" was split from seg-\d+ "'),
    "a change with its reason": re.compile(r" -> .* \[(event|inactivity|model)\] \w"),
    "customers at risk": re.compile(r"  at risk [1-9]"),
}


class DemoTest(unittest.TestCase):
    def test_it_learns_on_rejects_a_challenger_and_finds_a_new_segment(self):
        demo = subprocess.Popen([BINARY, "demo"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(demo.wait)
        self.addCleanup(demo.kill)
        watchdog = threading.Timer(PATIENCE_S, demo.kill)
        self.addCleanup(watchdog.cancel)
        watchdog.start()
        missing = dict(SHOWN)
        lines = []
        for line in demo.stdout:
            lines.append(line)
            missing = {what: sign for what, sign in missing.items() if not sign.search(line)}
            if not missing:
                demo.send_signal(signal.SIGINT)
                break
        self.assertFalse(missing, "".join(lines[-60:]))
        summary = demo.stdout.read()
        self.assertEqual(demo.wait(), 0, summary)
        self.assertRegex(summary, r"\d+ events accepted")
        self.assertRegex(summary, r"[1-9]\d* retrains? accepted")
        self.assertRegex(summary, r"[1-9]\d* retrains? rejected")
        self.assertRegex(summary, r'seg-\d+ ".*" was split from seg-\d+')


if __name__ == "__main__":
    unittest.main(verbosity=2)
