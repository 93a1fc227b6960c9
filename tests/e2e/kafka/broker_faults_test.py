"""Goal: brokers may die, hang, be out of reach or hold back an upstream transaction; nothing is
lost or published twice, and the daemon says what it waits for. Method: the real broker is killed,
stopped and cut off with a transaction of the daemon's open, under load."""

import os
import signal
import subprocess
import unittest

import confluent_kafka as ck

import faults
from world import BROKER, Daemon, wait_for

# Its number in Kafka's protocol. It goes to the group's coordinator, for which librdkafka waits
# without a limit once the transaction's own has answered.
TXN_OFFSET_COMMIT = 28


class BrokerFaultsTest(faults.FaultTest):
    @classmethod
    def start_broker(cls, *args):
        cls.proxy = faults.Proxy()
        return cls.start_again(*args)

    @classmethod
    def start_again(cls, *args):
        address = super().start_broker(*args, "--via", str(cls.proxy.port))
        host, port = (cls.dir / "kafka" / "via").read_text().strip().split(":")
        cls.proxy.target = (host, int(port))
        return address

    @classmethod
    def tearDownClass(cls):
        cls.proxy.close()
        super().tearDownClass()

    def setUp(self):
        self.daemon = None

    def tearDown(self):
        if self.daemon is not None:
            self.daemon.kill()

    def broker_pid(self):
        return int((self.dir / "kafka" / "pid").read_text())

    def start(self, app, topic, failpoint=None, **sections):
        self.daemon = Daemon(
            self.config(app, topic, self.bundle, **sections), failpoint=failpoint
        )
        return self.daemon

    def finish(self, app, topic, load):
        load.finish()
        self.assertEqual(self.daemon.stop(), 128 + signal.SIGTERM, self.daemon.text()[-2000:])
        self.drain(self.config(app, topic, self.bundle))
        self.check_undisturbed(app, topic)

    def test_a_broker_that_dies_with_a_transaction_open_and_comes_back(self):
        app, topic = "revived", self.new_topic()
        load = self.load(topic)
        daemon = self.start(app, topic, failpoint="flushed:5:stop")
        wait_for("the commit that it is stopped in", daemon.stopped)
        changelog = f"{app}.{app}.changelog"
        wait_for("its open transaction", lambda: self.undecided(changelog) > 0, 8)
        port = self.brokers.split(":")[1]
        subprocess.run([BROKER, "stop", self.dir / "kafka"], check=True)
        daemon.process.send_signal(signal.SIGCONT)
        wait_for("it to say that the broker is away", lambda: "cannot be reached" in daemon.text())
        self.start_again(port)
        self.wait_for_all(daemon)
        self.wait_for_work(app)
        self.finish(app, topic, load)

    def test_a_broker_that_hangs_for_longer_than_sessions_and_goes_on(self):
        app, topic = "hung", self.new_topic()
        load = self.load(topic)
        daemon = self.start(app, topic)
        self.wait_for_all(daemon)
        self.wait_for_work(app)
        os.kill(self.broker_pid(), signal.SIGSTOP)
        try:
            wait_for("it to notice", lambda: trouble(daemon))
        finally:
            os.kill(self.broker_pid(), signal.SIGCONT)
        self.wait_for_all(daemon)
        self.wait_for_work(app)
        self.finish(app, topic, load)

    def test_a_network_that_is_cut_and_mended(self):
        app, topic = "cut", self.new_topic()
        load = self.load(topic)
        daemon = self.start(
            app, topic, **{"kafka.brokers": f'"127.0.0.1:{self.proxy.port}"'}
        )
        self.wait_for_all(daemon)
        self.wait_for_work(app)
        self.assertGreater(self.proxy.passed, 0, "the daemon does not come through the proxy")
        self.proxy.cut()
        # Its member is gone and its transaction aborted before it can speak again.
        wait_for("the group to lose it", lambda: self.members(app) == 0)
        self.proxy.heal()
        self.wait_for_all(daemon)
        self.wait_for_work(app)
        self.finish(app, topic, load)

    def test_a_network_that_is_cut_where_the_daemon_can_only_wait_for_it(self):
        app, topic = "stuck", self.new_topic()
        load = self.load(topic)
        daemon = self.start(
            app, topic, **{"kafka.brokers": f'"127.0.0.1:{self.proxy.port}"'}
        )
        self.wait_for_all(daemon)
        self.proxy.cut_before(TXN_OFFSET_COMMIT)
        wait_for("it to be told of", lambda: "stood in one call" in trouble(daemon))
        self.assertIn("stood in one call", daemon.text())
        self.proxy.heal()
        self.wait_for_all(daemon)
        wait_for("all to be well", lambda: trouble(daemon) == "")
        self.wait_for_work(app)
        self.finish(app, topic, load)

    def members(self, app):
        future = self.admin.describe_consumer_groups([app], request_timeout=20)[app]
        return len(future.result(20).members)

    def test_an_upstream_transaction_that_hangs_is_waited_for_and_not_read_over(self):
        app, topic = "hanging", self.new_topic()
        producer = ck.Producer(
            {
                "bootstrap.servers": self.brokers,
                "transactional.id": "upstream",
                "transaction.timeout.ms": 60000,
            }
        )
        producer.init_transactions(30)
        self.fill(topic, 0, 4000)
        daemon = self.start(app, topic)
        self.wait_for_all(daemon)
        producer.begin_transaction()
        for partition in range(faults.PARTITIONS):
            producer.produce(topic, key="nobody", value="aborted later", partition=partition)
        producer.flush(30)
        held = self.ends(topic, "read_committed")
        self.fill(topic, 4000, 8000)
        wait_for("what is readable to be read", lambda: self.committed(app, topic) == held)
        self.assertEqual(self.undecided(topic), faults.PARTITIONS)
        wait_for("it to say so", lambda: held_back(daemon) == faults.PARTITIONS)
        self.assertEqual(self.committed(app, topic), held, "records were read over")
        producer.abort_transaction(30)
        ends = self.ends(topic, "read_committed")
        wait_for("the rest to be read", lambda: self.committed(app, topic) == ends)
        self.assertEqual(daemon.stop(), 128 + signal.SIGTERM)
        self.check_undisturbed(app, topic)
        self.assertEqual(self.read_all(f"{app}.dlq.v1"), [], "an aborted record was used")

    def committed(self, app, topic):
        consumer = ck.Consumer({"bootstrap.servers": self.brokers, "group.id": app})
        try:
            partitions = [ck.TopicPartition(topic, p) for p in range(faults.PARTITIONS)]
            return [p.offset for p in consumer.committed(partitions, 20)]
        except ck.KafkaException:
            return None  # offsets are pending
        finally:
            consumer.close()


def held_back(daemon):
    shards = (daemon.status() or {"shards": []})["shards"]
    return sum(p["held_back_seconds"] > 0 for shard in shards for p in shard["partitions"])


def trouble(daemon):
    """What shards say of it, or is said of them."""
    shards = (daemon.status() or {"shards": []})["shards"]
    return "".join(shard["problem"] for shard in shards)


if __name__ == "__main__":
    unittest.main()
