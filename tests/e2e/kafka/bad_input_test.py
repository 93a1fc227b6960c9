"""Goal: nothing is dropped silently, and what stands in the way is said in one line. Method: bad
records, missing topics, absent brokers and occupied directories for the real daemon."""

import json
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from world import BROKER, Daemon, KafkaTest, header, wait_for


def event(**fields):
    return json.dumps(
        {"customer_id": "c1", "event_time": "2026-11-01T12:00:00Z", "amount": 5} | fields
    )


class BadInputTest(KafkaTest):
    def test_each_refused_record_reaches_the_dlq_as_it_came(self):
        topic, app = self.unique("tx"), "dlq"
        self.create_topic(topic, 2, **{"max.message.bytes": "3000000"})
        cases = [
            ("malformed", "c1", "{"),
            ("malformed", "c1", None),
            ("missing_field", "c1", '{"customer_id":"c1"}'),
            ("bad_value", "c1", event(amount="many")),
            ("bad_time", "c1", event(event_time="yesterday")),
            ("too_old", "c1", event(event_time="2026-01-01T00:00:00Z")),
            ("from_future", "c1", event(event_time="2126-01-01T00:00:00Z")),
            ("key_mismatch", "c2", event()),
            ("key_mismatch", None, event()),
            ("too_large", "c1", event(note="x" * (1 << 20))),
            ("too_large", "c1", event(note="x" * (2 << 20))),
            ("unexpected_framing", "c1", b"\x00\x00\x00\x00\x01{}"),
            ("output_too_large", "y" * 200000, event(customer_id="y" * 200000)),
        ]
        own = [("trace", b"t1"), ("null", None), ("empty", b""), ("trace", b"t2")]
        self.produce(
            topic,
            [(1, "c1", event(), [])]
            + [(1, key, value, own) for _, key, value in cases],
        )
        self.segmentd("run", "-c", self.config(app, topic), "--until-drained")

        letters = self.read_all(f"{app}.dlq.v1")
        self.assertEqual(
            [header(r, "segmentd.error.code") for r in letters], [code for code, _, _ in cases]
        )
        for offset, (record, (_, key, value)) in enumerate(zip(letters, cases), 1):
            self.assertEqual(record.partition(), 1)
            self.assertEqual(record.key(), key.encode() if key is not None else None)
            self.assertEqual(record.value(), value.encode() if isinstance(value, str) else value)
            self.assertEqual(record.headers()[: len(own)], own)
            self.assertEqual(header(record, "segmentd.error.offset"), str(offset))
            self.assertEqual(header(record, "segmentd.error.topic"), topic)
            self.assertTrue(header(record, "segmentd.error.message"))

    def ready(self, daemon):
        """(status, body) of /readyz."""
        port = wait_for("the listening line", lambda: listening_port(daemon.text()))
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def test_a_missing_input_topic_is_named_and_waited_for(self):
        topic = self.unique("later")
        daemon = Daemon(self.config("later", topic))
        try:
            wait_for("the topic to be named", lambda: topic in daemon.text())
            self.assertEqual(self.ready(daemon)[0], 503)
            self.create_topic(topic, 1)
            wait_for("the daemon to get ready", lambda: self.ready(daemon)[0] == 200)
        finally:
            self.assertEqual(daemon.stop(), 143)

    def test_an_absent_broker_is_named_and_waited_for(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        daemon = Daemon(self.config("absent", "tx", **{"kafka.brokers": address}))
        try:
            wait_for("the broker to be named", lambda: address in daemon.text())
            status, body = self.ready(daemon)
            self.assertEqual(status, 503)
            self.assertIn("reasons", body)
        finally:
            self.assertEqual(daemon.stop(), 143)

    def test_a_state_directory_in_use_ends_with_74_and_says_by_whom(self):
        topic = self.unique("tx")
        self.create_topic(topic, 1)
        config = self.config("held", topic)
        first = Daemon(config)
        try:
            wait_for("the first to run", lambda: "state=running" in first.text())
            second = self.segmentd("run", "-c", config, check=False)
            self.assertEqual(second.returncode, 74)
            self.assertIn(str(self.dir / "held"), second.stderr)
            self.assertIn(str(first.process.pid), second.stderr)
        finally:
            self.assertEqual(first.stop(), 143)

    def test_a_damaged_or_newer_bundle_is_refused_and_left_alone(self):
        topic = self.unique("tx")
        self.create_topic(topic, 1)
        history, bundle = self.dir / "b.jsonl", self.dir / "b.bundle"
        self.segmentd(
            "gen", "--customers", 300, "--events", 9000, "--days", 60, "--seed", 2, "--out", history
        )
        self.segmentd(
            "train", "-c", self.config("b-trainer", topic), "--events", history, "--out", bundle
        )
        good = bundle.read_bytes()
        flipped = bytearray(good)
        flipped[len(flipped) // 2] ^= 1
        newer = bytearray(good)
        newer[8] = 99
        for name, damaged in (
            ("truncated", good[:-7]),
            ("flipped", bytes(flipped)),
            ("newer", bytes(newer)),
        ):
            path = self.dir / f"{name}.bundle"
            path.write_bytes(damaged)
            done = self.segmentd(
                "run", "-c", self.config(name, topic, path), "--until-drained", check=False
            )
            self.assertNotEqual(done.returncode, 0, name)
            self.assertIn(str(path), done.stderr, name)
            self.assertEqual(path.read_bytes(), damaged, name)


def listening_port(log):
    for line in log.splitlines():
        if "127.0.0.1:" in line and "listen" in line.lower():
            tail = line.split("127.0.0.1:", 1)[1]
            digits = "".join(c for c in tail[:6] if c.isdigit())
            if digits and digits != "0":
                return int(digits)
    return None


if __name__ == "__main__":
    unittest.main()
