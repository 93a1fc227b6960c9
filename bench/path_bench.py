#!/usr/bin/env python3
"""Whole processes: CPU-seconds and peak memory of `segmentd run --until-drained`, beside a raw
librdkafka consumer that only counts the same topic. CPU is the operating system's account of the
finished process. A figure is the difference between a long run and a short one: the topic is read
when it has its first events, and again, from the start by a new group, when it has all of them; so
the cost of starting is out, and what is left is that of the events between.

The events lie within one day, as live ones do, and then within ninety, as in a history that is read
at full speed: the timers of ninety days fire in between.

usage: path_bench.py BUILD_DIR [exactly_once|at_least_once]...   (both)
       SEGMENTD_BENCH_EVENTS: of the long run on the real broker, 3000000; the short one has a third
       SEGMENTD_BENCH_REPEATS: 3
"""

import collections
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(sys.argv[1]).resolve()
SEGMENTD = BUILD / "src" / "app" / "segmentd"
LONG = int(os.environ.get("SEGMENTD_BENCH_EVENTS", "3000000"))
REPEATS = int(os.environ.get("SEGMENTD_BENCH_REPEATS", "3"))
PARTITIONS = 12
CUSTOMERS = (100_000, 1_000_000)
DAYS = (1, 90)


def call(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: status {done.returncode}\n{done.stderr[-3000:]}")


def measure(*command):
    """(CPU seconds, peak MiB) of one finished process."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            stdin=subprocess.DEVNULL,
        )
        # The usage of a process that has ended counts its parent's memory too, of before its exec.
        peak = 0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            peak = peak_kib(process.pid) or peak
            time.sleep(0.02)
        _, status, usage = ended
        if status != 0:
            errors.seek(0)
            sys.exit(f"{command}: status {status}\n{errors.read()[-3000:]}")
    return usage.ru_utime + usage.ru_stime, peak / 1024


def peak_kib(pid):
    """Until now; nothing of one that has ended."""
    found = re.search(r"VmHWM:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return found and int(found[1])


Run = collections.namedtuple("Run", "raw cpu peak changes")


class History:
    """Generated events as lines, and how many of a stretch are some customer's first."""

    def __init__(self, directory, customers, events, days):
        self.days, self.path = days, directory / f"events-{customers}-{days}.jsonl"
        call(SEGMENTD, "gen", "--customers", customers, "--events", events, "--days", days,
             "--seed", 1, "--zipf", "0.9", "--out", self.path)  # fmt: skip
        self.lines = open(self.path, "rb")
        self.seen = set()

    def append(self, brokers, topic, events):
        """Adds the next events to the topic; returns how many were first ones."""
        producer = ck.Producer(
            {
                "bootstrap.servers": brokers,
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 20,
                "partitioner": "murmur2_random",
                "batch.num.messages": 100_000,
                "queue.buffering.max.messages": 200_000,
            }
        )
        failed = []

        def note(error, _):
            if error:
                failed.append(error)

        known = len(self.seen)
        for _ in range(events):
            line = self.lines.readline().rstrip()
            begin = line.index(b'"customer_id":"') + 15
            customer = line[begin : line.index(b'"', begin)]
            self.seen.add(customer)
            while True:
                try:
                    producer.produce(topic, line, customer, on_delivery=note)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        if producer.flush(120) or failed:
            sys.exit(f"{topic} could not be filled: {failed[:1]}")
        return len(self.seen) - known

    def close(self):
        self.lines.close()
        self.path.unlink()


class Bench:
    def __init__(self, directory, brokers, delivery, bundle):
        self.dir, self.brokers, self.delivery, self.bundle = directory, brokers, delivery, bundle
        self.runs = 0

    def segmentd(self, topic):
        """(CPU seconds, peak MiB, changes) of a fresh daemon that reads the topic to its end."""
        self.runs += 1
        app = app_name(self.delivery, self.runs)
        config = self.dir / f"{app}.yaml"
        session = "3000" if self.delivery == "at_least_once" else "6000"
        config.write_text(f"""app: {app}
kafka:
  brokers: "{self.brokers}"
  client: {{session.timeout.ms: "{session}", heartbeat.interval.ms: "300"}}
input: {{transactions: {{topic: {topic}}}}}
output: {{prefix: "{app}."}}
delivery: {self.delivery}
learning: {{enabled: false, bootstrap: "{self.bundle}"}}
state: {{dir: "{self.dir / app}", memory: 512MiB}}
http: {{listen: "127.0.0.1:0"}}
""")
        cpu, peak = measure(SEGMENTD, "run", "-c", config, "--until-drained")
        shutil.rmtree(self.dir / app, ignore_errors=True)
        return cpu, peak, self.count(f"{app}.segment.changed.v1")

    def raw(self, topic, events):
        return measure(BUILD / "bench" / "bench_raw_consumer", self.brokers, topic, events)[0]

    def count(self, topic):
        """Records of a topic. Markers of transactions take offsets too: so they are read."""
        consumer = ck.Consumer(
            {
                "bootstrap.servers": self.brokers,
                "group.id": "bench-count",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )
        parts = [ck.TopicPartition(topic, p, ck.OFFSET_BEGINNING) for p in range(PARTITIONS)]
        if self.delivery == "at_least_once":  # the broker drops old records, but counts on
            records = sum(consumer.get_watermark_offsets(part, 10)[1] for part in parts)
        else:
            consumer.assign(parts)
            records = ends = 0
            while ends < PARTITIONS:
                got = consumer.consume(10_000, 10)
                ends += sum(message.error() is not None for message in got)
                records += sum(message.error() is None for message in got)
        consumer.close()
        return records


def app_name(delivery, run):
    return f"bench{run}-{delivery.replace('_', '-')}"


def compare(bench, history, customers, short, long):
    """Prints and returns the CPU-seconds per million events."""
    topic = f"bench-{customers}"
    runs = {}
    for events, added in ((short, short), (long, long - short)):
        first = history.append(bench.brokers, topic, added)
        runs[events] = [
            Run(bench.raw(topic, events), *bench.segmentd(topic)) for _ in range(REPEATS)
        ]

    def per_million(field):
        pairs = zip(runs[short], runs[long])
        return sorted(
            (getattr(b, field) - getattr(a, field)) / (long - short) * 1e6 for a, b in pairs
        )

    own, raw = per_million("cpu"), per_million("raw")
    ratio = statistics.median(own) / statistics.median(raw)
    print(
        f"{bench.delivery}, {customers:,} customers, events {short:,} to {long:,} "
        f"of {history.days} days; per event "
        f"{first / (long - short):.3f} first ones, {per_million('changes')[0] / 1e6:.3f} changes\n"
        f"    CPU-s per million: segmentd {shown(own)}, raw consumer {shown(raw)}; "
        f"ratio of the medians {ratio:.1f}; peak {max(run.peak for run in runs[long]):.0f} MiB",
        flush=True,
    )
    return statistics.median(own)


def shown(figures):
    return f"{statistics.median(figures):.2f} ({figures[0]:.2f} to {figures[-1]:.2f})"


def train(directory):
    history, config, bundle = (
        directory / "train.jsonl",
        directory / "train.yaml",
        directory / "model.bundle",
    )
    config.write_text('app: bench-train\nkafka: {brokers: "127.0.0.1:1"}\n')
    call(SEGMENTD, "gen", "--customers", 20_000, "--events", 200_000, "--days", 90,
         "--seed", 2, "--zipf", "0.9", "--out", history)  # fmt: skip
    call(SEGMENTD, "train", "-c", config, "--events", history, "--out", bundle)
    return bundle


def compare_all(open_bench, directory, short, long):
    for days in DAYS:
        costs = []
        for customers in CUSTOMERS:
            history = History(directory, customers, long, days)
            with open_bench(customers) as bench:
                costs.append(compare(bench, history, customers, short, long))
            history.close()
        print(f"    cost per event at 1,000,000 customers / at 100,000: {costs[1] / costs[0]:.2f}")


class RealBroker:
    """A Kafka of its own, for exactly_once."""

    def __init__(self, directory, bundle, customers):
        self.dir, self.bundle, self.customers = directory / f"kafka-{customers}", bundle, customers

    def __enter__(self):
        command = [ROOT / "tools" / "kafka" / "broker", "start", self.dir]
        started = subprocess.run(command, check=True, capture_output=True, text=True)
        brokers = started.stdout.split()[-1]
        # Must outlive the result.
        admin = AdminClient({"bootstrap.servers": brokers, "log_level": 4})
        topic = f"bench-{self.customers}"
        admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
        return Bench(self.dir, brokers, "exactly_once", self.bundle)

    def __exit__(self, *_):
        subprocess.run([ROOT / "tools" / "kafka" / "broker", "stop", self.dir], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)


class SmallBroker:
    """The embedded one, for at_least_once; it makes no topics once it runs."""

    def __init__(self, directory, bundle, customers):
        self.dir, self.bundle, self.customers = directory, bundle, customers

    def __enter__(self):
        topics = [f"bench-{self.customers}"]
        for run in range(1, 2 * REPEATS + 1):
            app = app_name("at_least_once", run)
            names = ("segment.changed.v1", "customer.state.v1", "at-risk.v1", "dlq.v1")
            topics += [f"{app}.{name}" for name in (*names, f"{app}.changelog", f"{app}.control")]
        self.process = subprocess.Popen(
            [BUILD / "bench" / "bench_embedded_broker", str(PARTITIONS), *topics],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        brokers = self.process.stdout.readline().strip()
        return Bench(self.dir, brokers, "at_least_once", self.bundle)

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)


def main():
    wanted = sys.argv[2:] or ["exactly_once", "at_least_once"]
    unknown = set(wanted) - {"exactly_once", "at_least_once"}
    if unknown:
        sys.exit(f"{' '.join(sorted(unknown))}: there are exactly_once and at_least_once")
    began = time.monotonic()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="segmentd-bench-"))
    try:
        bundle = train(directory)
        if "exactly_once" in wanted:
            compare_all(lambda n: RealBroker(directory, bundle, n), directory, LONG // 3, LONG)
        if "at_least_once" in wanted:  # 5 MiB per partition is all that this broker keeps
            compare_all(lambda n: SmallBroker(directory, bundle, n), directory, 100_000, 600_000)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print(f"the path took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
