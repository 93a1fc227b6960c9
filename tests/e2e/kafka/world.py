"""A real Kafka and the real binary for the tests of this folder; read by confluent-kafka."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request
import uuid

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("SEGMENTD_BINARY", str(ROOT / "build" / "segmentd"))
BROKER = ROOT / "tools" / "kafka" / "broker"
# Loaded into the daemon, it ends or stops it at a step. A sanitized binary has to be told that this
# library comes before its own.
FAILPOINT_ENV = {
    "LD_PRELOAD": os.environ.get("SEGMENTD_FAILPOINT", ""),
    "ASAN_OPTIONS": "verify_asan_link_order=0",
}
DEADLINE_S = 240


def wait_for(what, condition, deadline_s=60):
    """Polls until condition() is true; fails with what was waited for and what daemons said."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    told = "\n".join(daemon.account() for daemon in Daemon.running_now)
    raise AssertionError(f"waited {deadline_s} s for {what}\n{told}")


class KafkaTest(unittest.TestCase):
    """One broker per test class, on a free port, in its own directory."""

    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="segmentd-e2e-"))
        cls.brokers = cls.start_broker()
        cls.admin = AdminClient({"bootstrap.servers": cls.brokers, "log_level": 0})

    @classmethod
    def start_broker(cls, *args):
        started = subprocess.run(
            [BROKER, "start", cls.dir / "kafka", *args],
            check=True,
            capture_output=True,
            text=True,
        )
        return started.stdout.split()[-1]

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
                # Without it a batch that is retried comes behind those sent after it.
                "enable.idempotence": True,
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
        """Every committed record of a topic, in order per partition. A commit is answered when it
        is decided and shows when its markers are written, and an open transaction hides what comes
        after it: so this reads on until all that was there at first is passed."""
        ends = wait_for(f"the ends of {topic}", lambda: self.ends(topic, "read_uncommitted"))
        consumer = self.reader("read_committed")
        partitions = range(len(ends))
        consumer.assign([ck.TopicPartition(topic, p, ck.OFFSET_BEGINNING) for p in partitions])
        records, ended = [], set()
        deadline = time.monotonic() + DEADLINE_S
        while len(ended) < len(ends) and time.monotonic() < deadline:
            for message in consumer.consume(10000, 0.2):
                if message.error() is None:
                    records.append(message)
                elif message.error().code() != ck.KafkaError._PARTITION_EOF:
                    raise AssertionError(message.error())
                elif message.offset() >= ends[message.partition()]:
                    ended.add(message.partition())
        consumer.close()
        self.assertEqual(len(ended), len(ends), f"{topic} was not read to its end")
        return records

    def reader(self, isolation):
        return ck.Consumer(
            {
                "bootstrap.servers": self.brokers,
                "group.id": self.unique("reader"),
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )

    def ends(self, topic, isolation):
        """Where a reader's view of each partition ends; nothing of a topic that is not there."""
        consumer = self.reader(isolation)
        try:
            partitions = consumer.list_topics(topic, 20).topics[topic].partitions
            at = [ck.TopicPartition(topic, p) for p in sorted(partitions)]
            return [consumer.get_watermark_offsets(p, 20)[1] for p in at]
        except ck.KafkaException:
            return []
        finally:
            consumer.close()

    def changes(self, app):
        """(ce_id without the app, value) of every committed change, which must be unique."""
        records = self.read_all(f"{app}.segment.changed.v1")
        found = [(header(r, "ce_id").removeprefix(f"{app}/"), r.value()) for r in records]
        self.assertEqual(len(found), len({i for i, _ in found}), "a change was published twice")
        return set(found)

    def last_states(self, app):
        """The last customer.state.v1 value per customer."""
        return {r.key(): r.value() for r in self.read_all(f"{app}.customer.state.v1")}

    def last_samples(self, app):
        """The instant of the last sample per customer, in ms; None: it was taken back."""
        last = {r.key(): r.value() for r in self.read_all(f"{app}.{app}.samples")}
        return {key: value and first_varint(value) for key, value in last.items()}

    def check_chains(self, app):
        """Ordinals from 1 without gaps; previous is the current before it."""
        last = {}
        for record in self.read_all(f"{app}.segment.changed.v1"):
            change = json.loads(record.value())
            before = last.get(record.key(), {"ordinal": 0, "current": None})
            self.assertEqual(change["ordinal"], before["ordinal"] + 1)
            if before["current"] is None:
                self.assertIsNone(change["previous"])
            else:
                for field in ("segment_id", "since"):
                    self.assertEqual(change["previous"][field], before["current"][field])
            last[record.key()] = change

    def check_same_output(self, app, reference):
        """A read_committed reader gets the same of both apps: nothing is lost, nothing twice."""
        expected, actual = self.changes(reference), self.changes(app)
        self.assertGreater(len(expected), 0, "the input makes no changes to prove anything with")
        self.assertEqual(len(expected - actual), 0, "changes are missing")
        self.assertEqual(len(actual - expected), 0, "changes differ or were made up")
        self.assertEqual(self.last_states(app), self.last_states(reference))
        self.check_chains(app)


class Daemon:
    """A running `segmentd run`; its log is a file."""

    running_now = []

    def __init__(self, config, *args, failpoint=None, wrapper=()):
        """failpoint: "STEP:N:kill" or "STEP:N:stop", see failpoint.cc. wrapper: a command that
        prepares something and becomes the daemon."""
        self.log_path = pathlib.Path(f"{config}.{uuid.uuid4().hex[:6]}.log")
        self.log = self.log_path.open("wb")
        self.process = subprocess.Popen(
            [*wrapper, BINARY, "run", "-c", str(config), *args],
            stderr=self.log,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            env=os.environ | (FAILPOINT_ENV | {"FAILPOINT": failpoint} if failpoint else {}),
        )
        Daemon.running_now.append(self)

    def account(self):
        """For a person: how it stands and what it said last."""
        return f"{self.log_path.name}: {self.get('/statusz')}\n{self.text()[-4000:]}"

    def text(self):
        return self.log_path.read_text(errors="replace")

    def stopped(self):
        """By a signal, SIGCONT lets it go on."""
        return stopped(self.process.pid)

    def get(self, path):
        """Of its HTTP port; nothing before it listens and after it has ended."""
        found = re.search(r"127\.0\.0\.1:([1-9]\d*)", listening_line(self.text()))
        if not found:
            return None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}{path}", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def status(self):
        """/statusz, or nothing."""
        answer = self.get("/statusz")
        return answer and json.loads(answer)

    def metric(self, name):
        """The sum of a metric's children; nothing where there is none."""
        lines = (self.get("/metrics") or "").splitlines()
        values = [line.rsplit(" ", 1)[1] for line in lines if re.match(name + "[{ ]", line)]
        return sum(map(float, values)) if values else None

    def running(self):
        """How many partitions it works on."""
        shards = (self.status() or {"shards": []})["shards"]
        return sum(p["state"] == "running" for shard in shards for p in shard["partitions"])

    def kill(self):
        self.process.kill()
        self.wait()

    def stop(self):
        self.process.terminate()
        return self.wait(30)

    def wait(self, deadline_s=DEADLINE_S):
        code = self.process.wait(deadline_s)
        self.log.close()
        if self in Daemon.running_now:
            Daemon.running_now.remove(self)
        return code


def first_varint(message):
    """The first field of a Protobuf message."""
    number, shift = 0, 0
    for byte in message[1:]:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number
    raise ValueError("cut off")


def listening_line(log):
    return next((line for line in log.splitlines() if "listening" in line), "")


def stopped(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def pending(pid, number):
    """Whether a signal was sent that the process has not taken yet."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    masks = [int(line.split()[1], 16) for line in status if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


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
