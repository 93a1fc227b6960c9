"""Goal: programs in other languages feed segmentd and read from it. Method: confluent-kafka and
kcat on the real broker, read_committed."""

import json
import subprocess
import unittest

from world import Daemon, KafkaTest, header, wait_for


def purchase(customer, day, amount=20):
    return json.dumps(
        {
            "event_id": f"{customer}-{day}",
            "customer_id": customer,
            "amount": amount,
            "event_time": f"2026-{1 + day // 28:02}-{1 + day % 28:02}T12:00:00Z",
        }
    )


class ForeignClientsTest(KafkaTest):
    def trained(self, topic):
        bundle, history = self.dir / "foreign.bundle", self.dir / "foreign.jsonl"
        if not bundle.exists():
            self.segmentd(
                "gen",
                "--customers",
                500,
                "--events",
                20000,
                "--days",
                120,
                "--seed",
                3,
                "--out",
                history,
            )
            self.segmentd(
                "train",
                "-c",
                self.config("foreign-trainer", topic),
                "--events",
                history,
                "--out",
                bundle,
            )
        return bundle

    def test_confluent_kafka_feeds_and_reads(self):
        topic = self.unique("tx")
        self.create_topic(topic, 3)
        app = "confluent"
        self.produce(
            topic,
            [
                (
                    None,
                    f"c{i % 20}",
                    purchase(f"c{i % 20}", i // 20),
                    [("traceparent", b"00-aa-bb-01")],
                )
                for i in range(2000)
            ],
        )
        self.segmentd("run", "-c", self.config(app, topic, self.trained(topic)), "--until-drained")

        changes = self.read_all(f"{app}.segment.changed.v1")
        caused_by_records = 0
        for record in changes:
            change = json.loads(record.value())
            self.assertEqual(record.key().decode(), change["customer_id"])
            self.assertEqual(header(record, "ce_specversion"), "1.0")
            self.assertEqual(header(record, "ce_type"), "io.segmentd.segment.changed.v1")
            self.assertEqual(
                header(record, "ce_id"), f"{app}/{change['customer_id']}/{change['ordinal']:018}"
            )
            self.assertEqual(header(record, "ce_time"), change["as_of"])
            if change["cause"]["kind"] == "record":  # a timer has no headers to hand on
                caused_by_records += 1
                self.assertEqual(header(record, "traceparent"), "00-aa-bb-01")
                self.assertEqual(record.partition(), change["cause"]["partition"])
        self.assertGreaterEqual(caused_by_records, 20)
        states = self.last_states(app)
        self.assertEqual(len(states), 20)
        for value in states.values():
            self.assertIn("orders_30d", json.loads(value)["features"])

    def test_kcat_feeds_and_reads_a_running_daemon(self):
        topic = self.unique("tx")
        self.create_topic(topic, 1)
        app = "kcat"
        daemon = Daemon(self.config(app, topic, self.trained(topic)))
        try:
            wait_for("the daemon to run", lambda: "state=running" in daemon.text())
            subprocess.run(
                ["kcat", "-b", self.brokers, "-t", topic, "-P", "-K", "|"],
                input=f"c1|{purchase('c1', 1)}\n",
                text=True,
                check=True,
                timeout=30,
            )
            read = subprocess.run(
                [
                    "kcat",
                    "-b",
                    self.brokers,
                    "-t",
                    f"{app}.segment.changed.v1",
                    "-C",
                    "-c",
                    "1",
                    "-o",
                    "beginning",
                    "-X",
                    "isolation.level=read_committed",
                    "-f",
                    "%k %s",
                ],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            key, value = read.stdout.split(" ", 1)
            self.assertEqual(key, "c1")
            self.assertEqual(json.loads(value)["change"], "entered")
        finally:
            code = daemon.stop()
        self.assertEqual(code, 143)


if __name__ == "__main__":
    unittest.main()
