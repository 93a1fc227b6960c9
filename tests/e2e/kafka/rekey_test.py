"""Goal: a topic that is not keyed by customer is never processed wrongly: it is refused, or with
input.rekey copied under the right keys exactly once, whoever dies. Method: a topic keyed by order;
the daemon ends itself with SIGKILL amid its commits, of either stage, under load."""

import collections
import json
import signal
import unittest

import confluent_kafka as ck

import faults
from world import Daemon, header, wait_for

# The n-th time that a process of its own life reaches a step, by whichever stage.
DEATHS = [("begun", 1), ("flushed", 3), ("offsets", 2), ("committed", 1), ("begun", 8)]
DEATHS += [("flushed", 9), ("offsets", 6), ("committed", 7)]


class RekeyTest(faults.FaultTest):
    def rekeying(self, app, topic, **sections):
        return self.config(app, topic, self.bundle, **{"input.rekey": "true"} | sections)

    def copies(self, app):
        return f"{app}.{app}.rekeyed"

    def test_a_topic_that_is_not_keyed_by_customer_is_refused_without_it(self):
        app, topic = "refusing", self.new_topic()
        faults.Load(self.brokers, topic, self.lines[:4000], None, key=order).finish()
        config = self.config(app, topic, self.bundle, **{"input.breaker.records": "200"})
        done = self.segmentd("run", "-c", config, "--until-drained", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("does not key by customer id", done.stderr)
        self.assertIn("input.rekey", done.stderr)
        letters = self.read_all(f"{app}.dlq.v1")
        codes = {header(record, "segmentd.error.code") for record in letters}
        self.assertEqual(codes, {"key_mismatch"})
        self.assertEqual(self.read_all(f"{app}.segment.changed.v1"), [])

    def test_each_record_is_copied_once_whoever_dies(self):
        app, topic = "rekeyed", self.new_topic()
        broken = {(p, f"broken {p}") for p in range(faults.PARTITIONS)}
        self.produce(topic, [(p, "order", value, []) for p, value in broken])
        load = faults.Load(self.brokers, topic, self.lines, 800, key=order)
        # Whose partition is copied first after a death makes others' events late.
        lenient = {"time.allowed_lateness": "400d", "input.breaker.share": "1"}
        config = self.rekeying(app, topic, **lenient)
        for step, n in DEATHS:
            daemon = Daemon(config, failpoint=f"{step}:{n}:kill")
            try:
                self.assertEqual(daemon.wait(), -signal.SIGKILL, daemon.text()[-2000:])
            finally:
                daemon.kill()
        load.finish()
        self.drain(config)

        copies = self.read_all(self.copies(app))
        self.assertEqual(
            collections.Counter(r.value().decode() for r in copies),
            collections.Counter(self.lines),
        )
        self.check_places(copies)
        letters = self.read_all(f"{app}.dlq.v1")
        found = [(r.partition(), r.value().decode()) for r in letters]
        self.assertEqual(sorted(found), sorted(broken))
        self.assertEqual({header(r, "segmentd.error.topic") for r in letters}, {topic})

        # What the shards made of the copies is what one undisturbed daemon makes of them.
        self.drain(self.config("reference", self.copies(app), self.bundle, **lenient))
        self.check_same_output(app, "reference")

    def check_places(self, copies):
        """Keyed by customer, where another producer that hashes as Java does puts the key."""
        keys = {record.key().decode(): record.partition() for record in copies}
        for record in copies:
            customer = json.loads(record.value())["customer_id"]
            self.assertEqual(record.key().decode(), customer)
            self.assertEqual(record.partition(), keys[customer])
        topic = self.new_topic()
        self.produce(topic, [(None, key, b"", []) for key in keys])
        placed = {r.key().decode(): r.partition() for r in self.read_all(topic)}
        self.assertEqual(keys, placed)

    def test_a_copy_has_the_records_headers_and_time_and_the_stage_is_seen(self):
        app, topic = "whole", self.new_topic()
        daemon = Daemon(self.rekeying(app, topic))
        try:
            producer = ck.Producer({"bootstrap.servers": self.brokers})
            headers = [("trace", b"t1"), ("null", None), ("empty", b"")]
            producer.produce(
                topic, self.lines[0], None, partition=2, headers=headers, timestamp=1700000000123
            )
            producer.flush(30)
            wait_for("both stages", lambda: daemon.metric("segmentd_rekeyed_records_total") == 1)
            wait_for("its lag", lambda: daemon.metric("segmentd_rekey_lag_records") == 0)
            wait_for("the shards", lambda: processed(daemon) == 1)
        finally:
            self.assertEqual(daemon.stop(), 143, daemon.text()[-2000:])
        (copy,) = self.read_all(self.copies(app))
        self.assertEqual(copy.value().decode(), self.lines[0])
        self.assertEqual(copy.headers(), headers)
        self.assertEqual(copy.timestamp(), (ck.TIMESTAMP_CREATE_TIME, 1700000000123))

    def test_a_model_learns_from_a_topic_that_is_keyed_otherwise(self):
        topic, keyed = self.new_topic(), self.new_topic()
        faults.Load(self.brokers, topic, self.lines, None, key=order).finish()
        faults.Load(self.brokers, keyed, self.lines, None).finish()
        out = self.dir / "rekeyed.model"
        config = self.config("learner", topic)
        done = self.segmentd("train", "-c", config, "--events", topic, "--out", out, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn(f"none of the {faults.EVENTS} records", done.stderr)
        self.assertIn("input.rekey", done.stderr)
        self.assertFalse(out.exists())

        found = self.learn(self.rekeying("learner", topic), topic, out)
        self.assertEqual(found, self.learn(config, keyed, out))
        self.assertEqual(found["events"], faults.EVENTS)

    def learn(self, config, topic, out):
        """From whom; the rest depends on the order in which partitions are read."""
        done = self.segmentd("train", "-c", config, "--events", topic, "--out", out, "--json")
        told = json.loads(done.stdout)
        return {name: told[name] for name in ("customers", "events", "as_of", "features")}

    def test_what_the_shards_have_read_is_deleted_from_the_copy(self):
        app, topic = "trimmed", self.unique("tx")
        self.create_topic(topic, 1)
        faults.Load(self.brokers, topic, self.lines, None, key=order).finish()
        config = self.rekeying(app, topic, **{"time.allowed_lateness": "400d"})
        self.drain(config)
        daemon = Daemon(config)
        try:
            reader = self.reader("read_committed")
            copies = ck.TopicPartition(self.copies(app), 0)
            begin = lambda: reader.get_watermark_offsets(copies)[0]
            low = wait_for("the copy to be trimmed", begin)
            reader.close()
            self.assertGreater(low, faults.EVENTS - 10000)
            self.produce(topic, [(0, "order", self.lines[0], [])])
            wait_for("it to go on behind that", lambda: processed(daemon) == 1)
        finally:
            self.assertEqual(daemon.stop(), 143, daemon.text()[-2000:])
        self.drain(config)

    def test_at_least_once_is_refused(self):
        config = self.rekeying("careless", "tx", delivery="at_least_once")
        done = self.segmentd("check-config", "-c", config, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("exactly_once", done.stderr)


def order(i):
    return f"order-{i}"


def processed(daemon):
    """How many records the shards have taken, be it to leave them aside."""
    shards = (daemon.status() or {"shards": []})["shards"]
    return sum(shard["counts"]["records"] for shard in shards)


if __name__ == "__main__":
    unittest.main()
