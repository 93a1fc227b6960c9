#!/usr/bin/env python3
"""What exactly once costs in time: restoring, commits, taking over, and from an event to the change
that a reader sees, with whole processes on a real broker.

usage: reliability_bench.py BUILD_DIR [take_over|commits|latency|early_commits|restore]...   (all)
       SEGMENTD_BENCH_CUSTOMERS: to restore, 1000000
       SEGMENTD_BENCH_SECONDS: how long each paced load lasts, 15
"""

import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(sys.argv[1]).resolve()
SEGMENTD = BUILD / "src" / "app" / "segmentd"
BROKER = ROOT / "tools" / "kafka" / "broker"
CUSTOMERS = int(os.environ.get("SEGMENTD_BENCH_CUSTOMERS", "1000000"))
PACED_S = int(os.environ.get("SEGMENTD_BENCH_SECONDS", "15"))
CPU_TICKS = os.sysconf("SC_CLK_TCK")


class World:
    def __init__(self, directory):
        self.dir = directory
        started = subprocess.run(
            [BROKER, "start", directory / "kafka"], check=True, capture_output=True, text=True
        )
        self.brokers = started.stdout.split()[-1]
        self.admin = AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})
        self.bundle = directory / "model.bundle"
        history, config = directory / "train.jsonl", directory / "train.yaml"
        config.write_text('app: bench-train\nkafka: {brokers: "127.0.0.1:1"}\n')
        size = ("--customers", 5000, "--events", 60000, "--days", 90, "--seed", 2)
        self.segmentd("gen", *size, "--out", history)
        self.segmentd("train", "-c", config, "--events", history, "--out", self.bundle)

    def segmentd(self, *args):
        command = [SEGMENTD, *map(str, args)]
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def topic(self, name, partitions):
        self.admin.create_topics([NewTopic(name, partitions, 1)])[name].result(30)
        return name

    def config(self, app, topic, place="a", time_format="ms", **commit):
        path = self.dir / f"{app}-{place}.yaml"
        path.write_text(f"""app: {app}
kafka:
  brokers: "{self.brokers}"
  client: {{session.timeout.ms: "6000", heartbeat.interval.ms: "300"}}
input: {{transactions: {{topic: {topic}, time: {time_format}}}}}
output: {{prefix: "{app}."}}
commit: {{{", ".join(f"{key}: {value}" for key, value in commit.items())}}}
learning: {{enabled: false, bootstrap: "{self.bundle}"}}
state: {{dir: "{self.dir / app / place}", memory: 512MiB}}
http: {{listen: "127.0.0.1:0"}}
""")
        (self.dir / app).mkdir(exist_ok=True)
        return path

    def stop(self):
        subprocess.run([BROKER, "stop", self.dir / "kafka"], check=False)


class Daemon:
    def __init__(self, config):
        self.log_path = config.with_suffix(f".{time.monotonic_ns()}.log")
        self.log = self.log_path.open("wb")
        self.process = subprocess.Popen([SEGMENTD, "run", "-c", config], stderr=self.log)

    def get(self, path):
        found = re.search(r"listening .*127\.0\.0\.1:(\d+)", self.log_path.read_text())
        if not found:
            return ""
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}{path}", timeout=10) as answer:
            return answer.read().decode()

    def running(self):
        shards = json.loads(self.get("/statusz") or '{"shards": []}')["shards"]
        return sum(p["state"] == "running" for shard in shards for p in shard["partitions"])

    def wait_for(self, partitions):
        while self.running() < partitions:
            if self.process.poll() is not None:
                sys.exit(self.log_path.read_text()[-3000:])
            time.sleep(0.005)

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / CPU_TICKS

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait()
        self.log.close()


def percentiles(values):
    values = sorted(values)
    return statistics.median(values), values[min(len(values) - 1, len(values) * 99 // 100)]


def histogram_percentile(text, name, share):
    """The upper bound of the bucket in which the share is reached, in ms."""
    buckets = {}
    for bound, count in re.findall(rf'^{name}_bucket{{.*?le="([^"]+)".*}} (\d+)', text, re.M):
        buckets[float(bound)] = buckets.get(float(bound), 0) + int(count)
    total = buckets.get(float("inf"), 0)
    return next(1000 * b for b, count in sorted(buckets.items()) if count >= share * total)


def restore(world):
    partitions = 12
    topic = world.topic("restore", partitions)
    size = ("--customers", CUSTOMERS, "--events", CUSTOMERS, "--days", 60, "--seed", 3)
    world.segmentd("gen", *size, "--zipf", 0, "--brokers", world.brokers, "--topic", topic)
    config = world.config("restored", topic, time_format="rfc3339")
    world.segmentd("run", "-c", config, "--until-drained")
    shutil.rmtree(world.dir / "restored")
    changelog = "restored.restored.changelog"
    consumer = ck.Consumer({"bootstrap.servers": world.brokers, "group.id": "ends"})
    offsets = sum(
        consumer.get_watermark_offsets(ck.TopicPartition(changelog, p), 20)[1]
        for p in range(partitions)
    )
    consumer.close()
    daemon = Daemon(config)
    while not daemon.get("/statusz") or "restoring" not in daemon.get("/statusz"):
        time.sleep(0.002)
    began, cpu = time.monotonic(), daemon.cpu_s()
    daemon.wait_for(partitions)
    took, cpu = time.monotonic() - began, daemon.cpu_s() - cpu
    restored = sum(map(float, re.findall(r"^segmentd_restored_offsets_total\S* (\S+)",
                                         daemon.get("/metrics"), re.M)))
    daemon.end()
    records = int(restored) or offsets
    raw = subprocess.run(
        [BUILD / "bench" / "bench_raw_consumer", world.brokers, changelog, str(records)],
        check=True, capture_output=True, text=True,
    ).stdout
    raw_s = float(re.search(r"([\d.]+) s from the first", raw)[1])
    print(f"restore        {records} records of {offsets} offsets in {took:.2f} s, "
          f"{records / took / 1000:.0f} k/s; raw consumer {records / raw_s / 1000:.0f} k/s; "
          f"ratio {raw_s / took:.2f}; {cpu / records * 1e6:.2f} CPU-us a record", flush=True)


class Paced:
    """Events at a rate, each with the moment at which it was made as its event time."""

    def __init__(self, world, topic, rate, customers=20000):
        self.world, self.topic, self.rate, self.customers = world, topic, rate, customers
        self.sent = self.reached = 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        producer = ck.Producer({"bootstrap.servers": self.world.brokers, "linger.ms": 1,
                                "enable.idempotence": True,
                                "partitioner": "murmur2_random"})
        began = time.monotonic()
        for i in range(self.rate * PACED_S):
            wait = began + i / self.rate - time.monotonic()
            if wait > 0.001:
                time.sleep(wait)
            customer = f"c{i * 7919 % self.customers}"
            value = (f'{{"event_id":"e{i}","customer_id":"{customer}",'
                     f'"event_time":{int(time.time() * 1000)},"amount":20}}')
            producer.produce(self.topic, key=customer, value=value)
            producer.poll(0)
            self.sent += 1
        producer.flush(30)
        # A busy machine makes fewer than asked for.
        self.reached = self.sent / (time.monotonic() - began)


class Reader(threading.Thread):
    """How long after its event each change is seen."""

    def __init__(self, world, topic, isolation):
        super().__init__()
        self.consumer = ck.Consumer({
            "bootstrap.servers": world.brokers, "group.id": isolation, "fetch.wait.max.ms": 5,
            "isolation.level": isolation, "auto.offset.reset": "earliest", "log_level": 0})
        partitions = self.consumer.list_topics(topic, 20).topics[topic].partitions
        self.consumer.assign([ck.TopicPartition(topic, p, 0) for p in partitions])
        self.latencies_ms, self.ended = [], threading.Event()
        self.start()

    def run(self):
        while not self.ended.is_set():
            # As many as asked for are waited for.
            first = self.consumer.consume(1, 0.01)
            for message in first + (self.consumer.consume(1000, 0) if first else []):
                if message.error():
                    continue
                now, as_of = time.time(), re.search(rb'"as_of":"([^"]+)Z"', message.value())
                whole, ms = as_of[1].decode().split(".")
                seconds = time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) - time.timezone
                self.latencies_ms.append((now - seconds) * 1000 - int(ms))
        self.consumer.close()

    def result(self):
        self.ended.set()
        self.join()
        # The first second is the clients' warming up.
        return percentiles(self.latencies_ms[len(self.latencies_ms) // PACED_S:])


def latency(world, rate, name="latency"):
    app, topic = f"{name}{rate}", world.topic(f"{name}-{rate}", 4)
    daemon = Daemon(world.config(app, topic))
    daemon.wait_for(4)
    readers = {level: Reader(world, f"{app}.segment.changed.v1", level)
               for level in ("read_committed", "read_uncommitted")}
    paced = Paced(world, topic, rate)
    paced.thread.join()
    for level, reader in readers.items():
        p50, p99 = reader.result()
        print(f"{name:14} {paced.reached:>6.0f} events/s  {level:16} "
              f"p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  ({len(reader.latencies_ms)} changes)",
              flush=True)
    daemon.end()


def latencies(world):
    latency(world, 1000, "warming-up")  # the broker
    for rate in (1000, 20000):
        latency(world, rate)


def commits(world):
    for partitions in (1, 4, 12, 32):
        app, topic = f"commits{partitions}", world.topic(f"commits-{partitions}", partitions)
        daemon = Daemon(world.config(app, topic))
        daemon.wait_for(partitions)
        Paced(world, topic, 1000).thread.join()
        text = daemon.get("/metrics")
        name = "segmentd_kafka_transaction_duration_seconds"
        p50, p99 = (histogram_percentile(text, name, share) for share in (0.5, 0.99))
        print(f"commit         {partitions:>3} partitions  p50 <= {p50:g} ms  p99 <= {p99:g} ms",
              flush=True)
        daemon.end()


def early_commits(world):
    """What change_within costs under load."""
    for within in ("20ms", "250ms"):
        app, topic = f"within{within}", world.topic(f"within-{within}", 4)
        daemon = Daemon(world.config(app, topic, change_within=within))
        daemon.wait_for(4)
        before = daemon.cpu_s()
        paced = Paced(world, topic, 20000)
        paced.thread.join()
        cpu = daemon.cpu_s() - before
        made = sum(s["commits"] for s in json.loads(daemon.get("/statusz"))["shards"])
        print(f"change_within  {within:>5} at {paced.reached:.0f} events/s: "
              f"{cpu / paced.sent * 1e6:.1f} CPU-us an event, {made / PACED_S:.1f} commits/s",
              flush=True)
        daemon.end()


def take_over(world):
    for number, how in ((signal.SIGTERM, "a clean leave"), (signal.SIGKILL, "a kill")):
        took = []
        for turn in range(3):
            app = f"over{number.value}{turn}"
            topic = world.topic(app, 4)
            first = Daemon(world.config(app, topic, "a"))
            first.wait_for(4)
            second = Daemon(world.config(app, topic, "b"))
            second.wait_for(1)
            began = time.monotonic()
            first.process.send_signal(number)
            second.wait_for(4)
            took.append(time.monotonic() - began)
            first.process.wait()
            second.end()
        print(f"take-over      after {how}: {statistics.median(took):.2f} s "
              f"(session.timeout.ms 6000)", flush=True)


PARTS = {
    "take_over": take_over,
    "commits": commits,
    "latency": latencies,
    "early_commits": early_commits,
    "restore": restore,
}


def main():
    parts = sys.argv[2:] or list(PARTS)
    unknown = set(parts) - set(PARTS)
    if unknown:
        sys.exit(f"there are no parts {sorted(unknown)}; there are {', '.join(PARTS)}")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="segmentd-bench-"))
    world = World(directory)
    try:
        for part in parts:
            PARTS[part](world)
    finally:
        world.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
