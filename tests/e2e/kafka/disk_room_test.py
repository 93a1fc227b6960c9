"""Goal: a disk that fills up ends the daemon in order, with a message, and costs nothing that was
published. Method: the real binary with its state on a small file system in memory, which is filled
while it works. The file system is mounted in the daemon's own name space and goes with it."""

import os
import subprocess
import unittest

import faults
from world import Daemon, wait_for

DISK = 256 << 20


def why_not():
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


@unittest.skipIf(why_not(), f"no small disk can be mounted: {why_not()}")
class DiskRoomTest(faults.FaultTest):
    def setUp(self):
        self.daemon = None

    def tearDown(self):
        if self.daemon is not None:
            self.daemon.kill()

    def start(self, app, topic, free=1.0):
        """A daemon whose state directory is a disk of its own, of which this share is free."""
        (self.dir / app).mkdir()
        ballast = int(DISK * (1 - free))
        script = (
            f"mount -t tmpfs -o size={DISK} tmpfs {self.dir / app} && "
            f"head -c {ballast} /dev/zero > {self.dir / app}/ballast && "
            'exec "$0" "$@"'
        )
        self.daemon = Daemon(
            self.config(app, topic, self.bundle), wrapper=["unshare", "-m", "sh", "-c", script]
        )
        return self.daemon

    def disk(self, app):
        return f"/proc/{self.daemon.process.pid}/root{self.dir / app}"

    def fill(self, app, free):
        """Leaves this share of the disk."""
        have = os.statvfs(self.disk(app))
        left = have.f_bavail * have.f_frsize - int(DISK * free)
        with open(f"{self.disk(app)}/more", "wb") as more:
            os.posix_fallocate(more.fileno(), 0, left)

    def check_end(self, app, topic, load, *words):
        """It ends by itself; whoever goes on elsewhere publishes what an undisturbed one does."""
        self.assertEqual(self.daemon.wait(60), 74, self.daemon.text()[-2000:])
        for word in words:
            self.assertIn(word, self.daemon.text())
        load.finish()
        self.drain(self.config(app, topic, self.bundle))
        self.check_undisturbed(app, topic)

    def test_a_disk_that_is_nearly_full_takes_no_partitions_until_there_is_room(self):
        app, topic = "low", self.new_topic()
        daemon = self.start(app, topic, free=0.08)
        wait_for("it to say so", lambda: "nearly full" in daemon.text())
        self.assertEqual(daemon.running(), 0)
        os.remove(f"{self.disk(app)}/ballast")
        self.wait_for_all(daemon)
        self.assertEqual(daemon.stop(), 143, daemon.text()[-2000:])

    def test_a_disk_with_scarce_room_ends_it_in_order(self):
        app, topic = "scarce", self.new_topic()
        load = self.load(topic)
        self.wait_for_all(self.start(app, topic))
        self.wait_for_work(app)
        self.fill(app, free=0.04)
        self.check_end(app, topic, load, "everything is committed", "make room")

    def test_a_disk_that_is_full_at_once_ends_it_with_a_message(self):
        app, topic = "full", self.new_topic()
        load = self.load(topic)
        self.wait_for_all(self.start(app, topic))
        self.wait_for_work(app)
        self.fill(app, free=0)
        self.check_end(app, topic, load, "start again")

    def test_a_start_without_room_is_refused(self):
        app, topic = "crammed", self.new_topic()
        daemon = self.start(app, topic, free=0.03)
        self.assertEqual(daemon.wait(60), 74, daemon.text()[-2000:])
        self.assertIn("make room", daemon.text())


if __name__ == "__main__":
    unittest.main()
