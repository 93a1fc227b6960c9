"""What the tests of faults share: a load that goes on while things break, and the comparison with a
run of the same input that nobody disturbed."""

import json
import socket
import threading
import time

import confluent_kafka as ck

from world import KafkaTest, wait_for

CUSTOMERS = 400
EVENTS = 24000
PARTITIONS = 4
# Of a load's lines this share comes at its rate, and the rest as slowly as this, so that on a slow
# machine, too, something still comes when a test waits for what comes of it.
HASTY = 0.6
TRICKLE = 40


class FaultTest(KafkaTest):
    """Each test reads a topic of its own; the history and the model are the class's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls("setUp")
        cls.bundle, history = cls.dir / "faults.bundle", cls.dir / "faults.jsonl"
        self.create_topic("trainer", 1)
        self.segmentd(
            *("gen", "--customers", CUSTOMERS, "--events", EVENTS, "--days", 200, "--seed", 7),
            *("--out", history),
        )
        self.segmentd(
            *("train", "-c", self.config("trainer", "trainer"), "--events", history),
            *("--out", cls.bundle),
        )
        cls.lines = history.read_text().splitlines()

    def config(self, app, topic, bundle=None, **sections):
        """Without the wall clock, which moves that of a drained partition: a daemon that waits for
        long enough publishes who has gone silent, and the run that it is compared with does not."""
        return super().config(app, topic, bundle, **({"time.idle_grace": "1d"} | sections))

    def new_topic(self):
        topic = self.unique("tx")
        self.create_topic(topic, PARTITIONS)
        return topic

    def fill(self, topic, first=0, last=EVENTS):
        load = Load(self.brokers, topic, self.lines[first:last], rate=None)
        load.finish()

    def load(self, topic, rate=2500):
        """The whole history from a thread of its own, so many events a second and then a few."""
        return Load(self.brokers, topic, self.lines, rate)

    def drain(self, config):
        self.segmentd("run", "-c", config, "--until-drained")

    def check_undisturbed(self, app, topic):
        """The app has published what an app that nobody disturbs makes of the topic."""
        reference = f"{app}-reference"
        self.drain(self.config(reference, topic, self.bundle))
        self.check_same_output(app, reference)

    def undecided(self, topic):
        """In how many partitions an open transaction hides what comes after it."""
        stable, high = self.ends(topic, "read_committed"), self.ends(topic, "read_uncommitted")
        return sum(s < h for s, h in zip(stable, high))

    def wait_for_work(self, app):
        """Until more changes can be read than when it was asked."""
        topic = f"{app}.segment.changed.v1"
        before = sum(self.ends(topic, "read_committed"))
        wait_for("more changes", lambda: sum(self.ends(topic, "read_committed")) > before)

    def wait_for_all(self, *daemons, deadline_s=60):
        wait_for(
            "every partition to run",
            lambda: sum(daemon.running() for daemon in daemons) == PARTITIONS,
            deadline_s,
        )


class Load:
    def __init__(self, brokers, topic, lines, rate, key=None):
        """key: of the i-th line; its customer if none is given."""
        self.topic, self.lines, self.rate = topic, lines, rate
        self.key = key or (lambda i: json.loads(lines[i])["customer_id"])
        self.producer = ck.Producer(
            {
                "bootstrap.servers": brokers,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "linger.ms": 5,
                "log_level": 0,
            }
        )
        self.hurry = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        due = time.monotonic()
        for i, line in enumerate(self.lines):
            if self.rate and not self.hurry.is_set():
                self.hurry.wait(max(0, due - time.monotonic()))
                due += 1 / (self.rate if i < HASTY * len(self.lines) else TRICKLE)
            key = self.key(i)
            while True:
                try:
                    self.producer.produce(self.topic, key=key, value=line)
                    break
                except BufferError:
                    self.producer.poll(0.1)
            self.producer.poll(0)

    def finish(self):
        """All that is left at once."""
        self.hurry.set()
        self.thread.join()
        assert self.producer.flush(120) == 0, "the brokers did not take the load"


class Proxy:
    """Between clients and one broker, until it is cut: then nothing passes and nothing is refused,
    as when a cable is pulled."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.target = None
        self.passing = threading.Event()
        self.passing.set()
        self.passed = 0
        self.last = None
        threading.Thread(target=self.accept, daemon=True).start()

    def cut(self):
        self.passing.clear()

    def cut_before(self, request):
        """When a client sends the next request of this kind, by its number in Kafka's protocol."""
        self.last = request.to_bytes(2, "big")

    def heal(self):
        self.last = None
        self.passing.set()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connect, args=(client,), daemon=True).start()

    def connect(self, client):
        self.passing.wait()
        with client:
            try:
                broker = socket.create_connection(self.target)
            except OSError:
                return
            with broker:
                back = threading.Thread(target=self.forward, args=(broker, client), daemon=True)
                back.start()
                self.forward(client, broker, self.look)
                back.join()

    def look(self, data):
        if self.last is not None and data[4:6] == self.last:
            self.cut()

    def forward(self, source, sink, look=lambda data: None):
        try:
            while data := source.recv(1 << 16):
                look(data)
                self.passing.wait()
                sink.sendall(data)
                self.passed += len(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is gone already

    def close(self):
        self.heal()
        self.listener.close()
