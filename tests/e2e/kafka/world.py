"""A real Kafka and the real binary for the tests of this folder; read by confluent-kafka."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest
import uuid

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("SEGMENTD_BINARY", str(ROOT / "build" / "segmentd"))
BROKER = ROOT / "tools" / "kafka" / "broker"
DEADLINE_S = 240


def wait_for(what, condition, deadline_s=60):
    """Polls until condition() is true; fails with what was waited for."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"waited {deadline_s} s for {what}")


class KafkaTest(unittest.TestCase):
    """One broker per test class, on a free port, in its own directory."""

    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="segmentd-e2e-"))
        started = subprocess.run(
            [BROKER, "start", cls.dir / "kafka"], check=True, capture_output=True, text=True
        )
        cls.brokers = started.stdout.split()[-1]
        cls.admin = AdminClient({"bootstrap.servers": cls.brokers})

    @classmethod
    def tearDownClass(cls):
        subprocess.run([BROKER, "stop", cls.dir / "kafka"], check=False, capture_output=True)
        shutil.rmtree(cls.dir, ignore_errors=True)

    def create_topic(self, name, partitions, **config):
        future = self.admin.create_topics([NewTopic(name, partitions, 1, config=config)])[name]
        future.result(30)

    def unique(self, name):
        return f"{name}-{uuid.uuid4().hex[:8]}"

    def config(self, app, topic, bundle=None, **sections):
        """Writes a configuration for an app of its own prefix and state; returns its path."""
        prefix = f"{app}."
        fields = {
            "app": app,
            "kafka.brokers": self.brokers,
            "kafka.client": '{"session.timeout.ms": "1500", "heartbeat.interval.ms": "200"}',
            "input.transactions": f"{{topic: {topic}}}",
            "output.prefix": f'"{prefix}"',
            "state.dir": str(self.dir / app),
            "http.listen": '"127.0.0.1:0"',
            "learning.enabled": "false",
        }
        if bundle:
            fields["learning.bootstrap"] = str(bundle)
        fields.update(sections)
        path = self.dir / f"{app}-{uuid.uuid4().hex[:6]}.yaml"
        path.write_text(to_yaml(fields))
        return path

    def segmentd(self, *args, check=True, timeout=DEADLINE_S):
        done = subprocess.run(
            [BINARY, *map(str, args)], capture_output=True, text=True, timeout=timeout
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"segmentd {args} exited {done.returncode}:\n{done.stderr[-4000:]}"
            )
        return done

    def produce(self, topic, records):
        """records: (partition or None, key, value, headers)."""
        producer = ck.Producer(
            {
                "bootstrap.servers": self.brokers,
                "partitioner": "murmur2_random",
                "message.max.bytes": 4000000,
                "linger.ms": 5,
            }
        )
        for partition, key, value, headers in records:
            args = {} if partition is None else {"partition": partition}
            while True:
                try:
                    producer.produce(topic, key=key, value=value, headers=headers, **args)
                    break
                except BufferError:
                    producer.poll(0.1)
        producer.flush(60)

    def read_all(self, topic):
        """Every committed record of a topic, in order per partition."""
        consumer = ck.Consumer(
            {
                "bootstrap.servers": self.brokers,
                "group.id": self.unique("reader"),
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        partitions = consumer.list_topics(topic, 20).topics[topic].partitions
        consumer.assign([ck.TopicPartition(topic, p, ck.OFFSET_BEGINNING) for p in partitions])
        records, ended = [], set()
        end = time.monotonic() + DEADLINE_S
        while len(ended) < len(partitions) and time.monotonic() < end:
            for message in consumer.consume(10000, 0.2):
                if message.error() is None:
                    records.append(message)
                elif message.error().code() == ck.KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                else:
                    raise AssertionError(message.error())
        consumer.close()
        self.assertEqual(len(ended), len(partitions), f"{topic} was not read to its end")
        return records

    def changes(self, app):
        """(ce_id without the app, value) of every committed change, which must be unique."""
        records = self.read_all(f"{app}.segment.changed.v1")
        found = [(header(r, "ce_id").removeprefix(f"{app}/"), r.value()) for r in records]
        self.assertEqual(len(found), len({i for i, _ in found}), "a change was published twice")
        return set(found)

    def last_states(self, app):
        """The last customer.state.v1 value per customer."""
        return {r.key(): r.value() for r in self.read_all(f"{app}.customer.state.v1")}


class Daemon:
    """A running `segmentd run`; its log is kept in memory as it comes."""

    def __init__(self, config, *args):
        self.log_path = pathlib.Path(f"{config}.{uuid.uuid4().hex[:6]}.log")
        self.log = self.log_path.open("wb")
        self.process = subprocess.Popen(
            [BINARY, "run", "-c", str(config), *args],
            stderr=self.log,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )

    def text(self):
        return self.log_path.read_text(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self):
        self.process.terminate()
        return self.wait(30)

    def wait(self, deadline_s=DEADLINE_S):
        code = self.process.wait(deadline_s)
        self.log.close()
        return code


def header(message, name):
    for key, value in message.headers() or []:
        if key == name:
            return value.decode()
    return None


def to_yaml(fields):
    """{"a.b": v} as nested YAML; values are YAML already."""
    tree = {}
    for path, value in fields.items():
        *parents, leaf = path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value

    def lines(node, indent):
        for key, value in node.items():
            if isinstance(value, dict):
                yield f"{indent}{key}:"
                yield from lines(value, indent + "  ")
            else:
                yield f"{indent}{key}: {value}"

    return "\n".join(lines(tree, "")) + "\n"
