"""Goal: the local state may be damaged, truncated, lost or without room, and the changelog may be
deleted; the daemon rebuilds what it can, refuses what it cannot, and publishes nothing wrong.
Method: half of a topic is processed, the files are tampered with, then the rest is."""

import os
import shutil
import unittest

import confluent_kafka as ck

import faults
from world import Daemon, wait_for


class StoreFaultsTest(faults.FaultTest):
    def half_way(self, app, **sections):
        """(topic, configuration) of an app that has processed half of its topic."""
        topic = self.new_topic()
        self.fill(topic, 0, faults.EVENTS // 2)
        config = self.config(app, topic, self.bundle, **sections)
        self.drain(config)
        return topic, config

    def go_on(self, app, topic, config, first=faults.EVENTS // 2):
        self.fill(topic, first)
        done = self.segmentd("run", "-c", config, "--until-drained")
        self.check_undisturbed(app, topic)
        return done.stderr

    def files(self, app, pattern):
        found = sorted(self.dir.glob(f"{app}/*/{pattern}"))
        self.assertTrue(found, f"no {pattern} to tamper with")
        return found

    def flip(self, path):
        data = bytearray(path.read_bytes())
        for at in range(len(data) // 4, len(data), max(1, len(data) // 16)):
            data[at] ^= 0xFF
        path.write_bytes(data)

    def test_flipped_bytes_in_a_table(self):
        topic, config = self.half_way("sst")
        # Opening a store again turns its log into a table.
        third_quarter = faults.EVENTS * 3 // 4
        self.fill(topic, faults.EVENTS // 2, third_quarter)
        self.drain(config)
        for path in self.files("sst", "*.sst"):
            self.flip(path)
        self.go_on("sst", topic, config, third_quarter)
        self.assertTrue(list(self.dir.glob("sst/*.corrupt-*")), "nothing was moved aside")

    def test_flipped_bytes_in_a_manifest(self):
        topic, config = self.half_way("manifest")
        for path in self.files("manifest", "MANIFEST-*"):
            self.flip(path)
        self.go_on("manifest", topic, config)
        self.assertTrue(list(self.dir.glob("manifest/*.corrupt-*")), "nothing was moved aside")

    def test_a_truncated_log(self):
        topic, config = self.half_way("wal")
        for path in self.files("wal", "[0-9]*.log"):
            os.truncate(path, path.stat().st_size * 2 // 3)
        self.go_on("wal", topic, config)

    def test_a_state_directory_that_is_gone(self):
        topic, config = self.half_way("gone")
        shutil.rmtree(self.dir / "gone")
        self.go_on("gone", topic, config)

    def test_one_partition_that_is_gone(self):
        topic, config = self.half_way("part")
        shutil.rmtree(self.dir / "part" / "1")
        self.go_on("part", topic, config)

    def test_an_input_topic_that_is_made_anew_while_it_is_read_is_noticed(self):
        app = "swapped"
        topic, config = self.half_way(app)
        daemon = Daemon(config)
        try:
            self.wait_for_all(daemon)
            self.admin.delete_topics([topic])[topic].result(30)
            wait_for("the name to be free", lambda: self.made_again(topic))
            self.fill(topic)  # longer than it was: the old offsets are there
            self.assertEqual(daemon.wait(120), 78, daemon.text()[-2000:])
            self.assertIn("--accept new-input", daemon.text())
        finally:
            daemon.kill()
        done = self.segmentd("run", "-c", config, "--until-drained", check=False)
        self.assertEqual(done.returncode, 78, "a start has forgotten it")

    def made_again(self, topic):
        try:
            self.create_topic(topic, faults.PARTITIONS)
            return True
        except ck.KafkaException:
            return False

    def test_a_changelog_that_was_deleted_and_made_anew_is_refused(self):
        topic, config = self.half_way("anew")
        changelog = "anew.anew.changelog"
        published = self.changes("anew")
        self.admin.delete_topics([changelog])[changelog].result(30)
        topics = lambda: self.admin.list_topics(timeout=20).topics
        wait_for("the topic to be gone", lambda: changelog not in topics())
        self.fill(topic, faults.EVENTS // 2)
        done = self.segmentd("run", "-c", config, "--until-drained", check=False)
        self.assertEqual(done.returncode, 78, done.stderr[-2000:])
        self.assertIn("changelog", done.stderr)
        self.assertEqual(self.changes("anew"), published)


if __name__ == "__main__":
    unittest.main()
