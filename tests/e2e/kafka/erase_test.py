"""Goal: a customer that asks to be forgotten is, while the daemon runs, and comes back only with
consent. Method: the real command against the real daemon; a foreign client reads the topics."""

import json
import unittest

from world import Daemon, KafkaTest, header, wait_for


def at(day):
    return 1772359200000 + (day - 1) * 86400000


def purchase(customer, day):
    event = {"customer_id": customer, "event_time": f"2026-03-{day:02}T10:00:00Z", "amount": 5}
    return (None, customer, json.dumps(event), None)


class EraseTest(KafkaTest):
    def test_forgets_a_customer_until_it_consents(self):
        topic, app = self.unique("tx"), "erase"
        self.create_topic(topic, 3)
        config = self.config(app, topic, **{"learning.enabled": "true"})
        self.produce(topic, [purchase("c1", 1), purchase("c2", 1)])
        daemon = Daemon(config)
        self.addCleanup(daemon.kill)
        states = f"{app}.customer.state.v1"
        wait_for("state of both", lambda: self.exists(states) and len(self.last_states(app)) == 2)
        self.assertEqual(self.last_samples(app), {b"c1": at(1), b"c2": at(1)})

        told = json.loads(self.segmentd("erase", "c1", "-c", config, "--json").stdout)
        results = [partition["result"] for partition in told["partitions"]]
        self.assertEqual(sorted(results), ["erased", "unknown", "unknown"])
        self.assertIsNone(self.last_states(app)[b"c1"])
        self.assertEqual(self.last_samples(app), {b"c1": None, b"c2": at(1)})
        images = {r.key(): r.value() for r in self.read_all(f"{app}.{app}.changelog")}
        self.assertIsNone(images[b"cc1"])
        rows = self.segmentd("export", "-c", config).stdout.splitlines()[1:]
        self.assertEqual([row.split(",")[0] for row in rows], ["c2"])

        self.produce(topic, [purchase("c1", 2), purchase("c2", 2)])
        self.assertEqual(self.segmentd("erase", "nobody", "-c", config, check=False).returncode, 1)
        self.segmentd("erase", "c1", "-c", config, "--consent")
        self.produce(topic, [purchase("c1", 3)])
        wait_for("the customer's return", lambda: self.last_states(app)[b"c1"] is not None)
        returned = json.loads(self.last_states(app)[b"c1"])
        self.assertEqual(returned["last_event"], "2026-03-03T10:00:00.000Z")
        self.assertEqual(daemon.stop(), 143)
        self.assertEqual(self.last_samples(app), {b"c1": at(3), b"c2": at(2)})

        outcomes = [r.value() for r in self.read_all(f"{app}.{app}.control")]
        self.assertGreater(len(outcomes), 9)
        letters = self.read_all(f"{app}.dlq.v1")
        self.assertEqual([header(letter, "segmentd.error.code") for letter in letters], [])

    def exists(self, topic):
        return topic in self.admin.list_topics(timeout=20).topics


if __name__ == "__main__":
    unittest.main()
