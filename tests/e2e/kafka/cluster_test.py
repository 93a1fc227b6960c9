"""Goal: a broker of a cluster may be lost, the leader of everything in it, and nothing is lost or
published twice. Method: three real brokers, three replicas, two of which must have each record; the
leader of the input and of the changelog is killed under load."""

import pathlib
import signal
import socket
import subprocess
import unittest

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

import faults
from world import BROKER, Daemon, wait_for

NODES = 3
JAVA = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]
PROPERTIES = """process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{control}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={directory}/data
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
num.network.threads=1
num.io.threads=2
log.cleaner.dedupe.buffer.size=8388608
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=200
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Node:
    def __init__(self, directory, node, port, control, voters):
        self.libs = subprocess.run(
            [BROKER, "jars"], check=True, capture_output=True, text=True
        ).stdout.strip()
        directory.mkdir(parents=True)
        self.properties = directory / "server.properties"
        self.properties.write_text(
            PROPERTIES.format(
                node=node, port=port, control=control, voters=voters, directory=directory
            )
        )
        self.java(
            "kafka.tools.StorageTool",
            *("format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", self.properties),
        ).wait(60)
        self.process = self.java("kafka.Kafka", self.properties)

    def java(self, main, *args):
        return subprocess.Popen(
            ["java", *JAVA, "-cp", f"{self.libs}/*", main, *map(str, args)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self):
        self.process.kill()
        self.process.wait()


class ClusterTest(faults.FaultTest):
    nodes = {}

    @classmethod
    def start_broker(cls, *args):
        ports = {node: (free_port(), free_port()) for node in range(1, NODES + 1)}
        voters = ",".join(f"{node}@127.0.0.1:{control}" for node, (_, control) in ports.items())
        cls.nodes = {
            node: Node(pathlib.Path(cls.dir) / f"node-{node}", node, *ports[node], voters)
            for node in ports
        }
        brokers = ",".join(f"127.0.0.1:{port}" for port, _ in ports.values())
        admin = AdminClient({"bootstrap.servers": brokers, "log_level": 0})
        wait_for("three brokers", lambda: cls.known(admin) == NODES, 120)
        return brokers

    @staticmethod
    def known(admin):
        try:
            return len(admin.list_topics(timeout=5).brokers)
        except ck.KafkaException:
            return 0

    @classmethod
    def tearDownClass(cls):
        for node in cls.nodes.values():
            node.kill()
        super().tearDownClass()

    def create_topic(self, name, partitions, **config):
        topic = NewTopic(name, partitions, NODES, config=config)
        self.admin.create_topics([topic])[name].result(30)

    def config(self, app, topic, bundle=None, **sections):
        brokers = {"kafka.brokers": f'"{self.brokers}"'}
        return super().config(app, topic, bundle, **(brokers | sections))

    def leader(self, topic):
        return self.admin.list_topics(topic, 20).topics[topic].partitions[0].leader

    def test_the_loss_of_a_leader_under_load_loses_nothing(self):
        app, topic = "led", self.new_topic()
        load = self.load(topic, rate=800)
        daemon = Daemon(self.config(app, topic, self.bundle))
        try:
            self.wait_for_all(daemon, deadline_s=120)
            self.wait_for_work(app)
            lost = self.leader(f"{app}.{app}.changelog")
            self.nodes[lost].kill()
            wait_for("another leader", lambda: self.leader(topic) not in (lost, -1), 120)
            self.wait_for_all(daemon, deadline_s=120)
            self.wait_for_work(app)
            load.finish()
            self.assertEqual(daemon.stop(), 128 + signal.SIGTERM, daemon.text()[-2000:])
        finally:
            daemon.kill()
        self.drain(self.config(app, topic, self.bundle))
        self.check_undisturbed(app, topic)


if __name__ == "__main__":
    unittest.main()
