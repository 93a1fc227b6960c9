"""Goal: state.memory is what the daemon takes beside itself, whatever it is fed. Method: the
resident size of the real binary at its highest, with more customers than the memory holds, against
that of one that has nothing to do."""

import pathlib
import re
import unittest

from world import BINARY, Daemon, KafkaTest, wait_for

MEMORY = 96
CUSTOMERS = 60000
EVENTS = 180000
# What an allocator holds back, and librdkafka's records on their way through its threads.
SLACK = 24


def peak(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024


# Whose own books are larger than what is measured.
SANITIZED = b"__asan_init" in pathlib.Path(BINARY).read_bytes()


class MemoryTest(KafkaTest):
    def measure(self, app, topic, done):
        config = self.config(app, topic, **{"state.memory": f"{MEMORY}MiB"})
        daemon = Daemon(config)
        try:
            wait_for("partitions", lambda: daemon.running() == 2)
            wait_for("its work", lambda: done(daemon), 240)
            return peak(daemon), daemon.text()
        finally:
            self.assertEqual(daemon.stop(), 143, daemon.text()[-2000:])

    @unittest.skipIf(SANITIZED, "a sanitizer takes more memory than the daemon")
    def test_a_daemon_under_load_stays_within_its_memory(self):
        idle, busy = self.unique("idle"), self.unique("busy")
        self.create_topic(idle, 2)
        self.create_topic(busy, 2)
        bare, log = self.measure("bare", idle, lambda daemon: True)
        # The plan is said, and its parts are the whole.
        plan = re.search(r'plan="([^"]*)"', log)[1]
        shards, fetch, send, commit, cache, helpers, restore, store = map(
            int, re.findall(r"\d+", plan)
        )
        total = shards * (fetch + send + commit + cache) + helpers * restore + store
        self.assertLessEqual(total, MEMORY)

        self.segmentd(
            *("gen", "--customers", CUSTOMERS, "--events", EVENTS, "--days", 90, "--seed", 3),
            *("--brokers", self.brokers, "--topic", busy),
        )
        full, _ = self.measure("full", busy, lambda daemon: records(daemon) >= EVENTS)
        print(f"state.memory {MEMORY} MiB: {bare:.0f} MiB idle, {full:.0f} MiB at its highest")
        self.assertLess(full - bare, MEMORY + SLACK)

    def test_more_shards_than_the_memory_is_for_are_refused(self):
        config = self.config("many", "tx", **{"shards": "64", "state.memory": "64MiB"})
        done = self.segmentd("check-config", "-c", config, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("state.memory", done.stderr)


def records(daemon):
    shards = (daemon.status() or {"shards": []})["shards"]
    return sum(shard["counts"]["records"] for shard in shards)


if __name__ == "__main__":
    unittest.main()
