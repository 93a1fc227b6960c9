#!/usr/bin/env python3
"""Whole processes: CPU-seconds and peak memory of `segmentd run --until-drained` per million
events, each divided by a raw librdkafka consumer that only counts the same topic. CPU is the
operating system's account of the finished process. The cost of starting is taken out: figure =
(large run - small run) / (large - small events).

usage: path_bench.py BUILD_DIR    (SEGMENTD_BENCH_EVENTS: large topic, 2000000)
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(sys.argv[1]).resolve()
SEGMENTD = BUILD / "src" / "app" / "segmentd"
SMALL = 500_000
LARGE = int(os.environ.get("SEGMENTD_BENCH_EVENTS", "2000000"))
REPEATS = int(os.environ.get("SEGMENTD_BENCH_REPEATS", "3"))
PARTITIONS = 12


def measure(command):
    """(CPU seconds, peak MiB) of one finished process."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command}: status {status}\n{errors[-3000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Bench:
    def __init__(self, directory, brokers, delivery):
        self.dir, self.brokers, self.delivery, self.runs = directory, brokers, delivery, 0

    def load(self, topic, customers, events):
        command = [
            SEGMENTD,
            "gen",
            "--customers",
            customers,
            "--events",
            events,
            "--days",
            90,
            "--seed",
            1,
            "--zipf",
            "0.9",
            "--brokers",
            self.brokers,
            "--topic",
            topic,
        ]
        subprocess.run(
            [str(part) for part in command],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def segmentd(self, topic, bundle):
        self.runs += 1
        app = f"bench{self.runs}-{self.delivery.replace('_', '-')}"
        config = self.dir / f"{app}.yaml"
        session = "3000" if self.delivery == "at_least_once" else "6000"
        config.write_text(f"""app: {app}
kafka:
  brokers: "{self.brokers}"
  client: {{session.timeout.ms: "{session}", heartbeat.interval.ms: "300"}}
input: {{transactions: {{topic: {topic}}}}}
output: {{prefix: "{app}."}}
delivery: {self.delivery}
learning: {{enabled: false, bootstrap: "{bundle}"}}
state: {{dir: "{self.dir / app}", memory: 512MiB}}
http: {{listen: "127.0.0.1:0"}}
""")
        figures = measure([SEGMENTD, "run", "-c", config, "--until-drained"])
        shutil.rmtree(self.dir / app, ignore_errors=True)
        return figures

    def raw(self, topic, events):
        return measure([BUILD / "bench" / "bench_raw_consumer", self.brokers, topic, events])


def slope(small, large, small_events, large_events):
    """CPU-seconds per million events, start-up taken out."""
    return (large - small) / (large_events - small_events) * 1e6


def compare(bench, customers, bundle, small_events, large_events):
    topics = {
        events: f"bench-{bench.delivery.replace('_', '-')}-{customers}-{events}"
        for events in (small_events, large_events)
    }
    for events, topic in topics.items():
        create(bench, topic)
        bench.load(topic, customers, events)
    ours, raws, peaks = [], [], []
    for _ in range(REPEATS):
        cpu = {}
        for events, topic in topics.items():
            raw, _ = bench.raw(topic, events)
            own, peak = bench.segmentd(topic, bundle)
            cpu[events] = (own, raw)
        ours.append(slope(cpu[small_events][0], cpu[large_events][0], small_events, large_events))
        raws.append(slope(cpu[small_events][1], cpu[large_events][1], small_events, large_events))
        peaks.append(peak)
    own, raw = statistics.median(ours), statistics.median(raws)
    ratio = statistics.median(o / r for o, r in zip(ours, raws))
    print(
        f"{bench.delivery:14} {customers:>9} customers {large_events:>8} events   "
        f"segmentd {own:6.2f} CPU-s/M   "
        f"raw consumer {raw:5.2f} CPU-s/M   ratio {ratio:5.2f}   peak {max(peaks):5.0f} MiB",
        flush=True,
    )
    return own


def create(bench, topic):
    if bench.delivery == "at_least_once":
        return  # the embedded broker has its topic from the start
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": bench.brokers})  # must outlive the result
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)


def train(directory):
    history, config, bundle = (
        directory / "train.jsonl",
        directory / "train.yaml",
        directory / "model.bundle",
    )
    config.write_text('app: bench-train\nkafka: {brokers: "127.0.0.1:1"}\n')
    for command in (
        [
            SEGMENTD,
            "gen",
            "--customers",
            20000,
            "--events",
            200000,
            "--days",
            90,
            "--seed",
            2,
            "--zipf",
            "0.9",
            "--out",
            history,
        ],
        [SEGMENTD, "train", "-c", config, "--events", history, "--out", bundle],
    ):
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return bundle


def exactly_once(directory, bundle):
    broker = ROOT / "tools" / "kafka" / "broker"
    started = subprocess.run(
        [broker, "start", directory / "kafka"], check=True, capture_output=True, text=True
    )
    try:
        bench = Bench(directory, started.stdout.split()[-1], "exactly_once")
        few = compare(bench, 100_000, bundle, SMALL, LARGE)
        many = compare(bench, 1_000_000, bundle, SMALL, LARGE)
        print(
            f"exactly_once   cost per event at 1,000,000 customers / at 100,000: {many / few:.2f}"
        )
    finally:
        subprocess.run([broker, "stop", directory / "kafka"], check=False)


def at_least_once(directory, bundle):
    """The embedded broker keeps 5 MiB per partition: its topics are smaller; one broker per set."""
    for customers in (100_000, 1_000_000):
        small, large = 100_000, 600_000
        topics = [f"bench-at-least-once-{customers}-{events}" for events in (small, large)]
        for app in (f"bench{run}-at-least-once" for run in range(1, 2 * REPEATS + 1)):
            topics += [
                f"{app}.{name}"
                for name in (
                    "segment.changed.v1",
                    "customer.state.v1",
                    "at-risk.v1",
                    "dlq.v1",
                    f"{app}.changelog",
                )
            ]
        process = subprocess.Popen(
            [BUILD / "bench" / "bench_embedded_broker", str(PARTITIONS), *topics],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            bench = Bench(directory, process.stdout.readline().strip(), "at_least_once")
            compare(bench, customers, bundle, small, large)
        finally:
            process.stdin.close()
            process.wait(20)


def main():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="segmentd-bench-"))
    try:
        bundle = train(directory)
        at_least_once(directory, bundle)
        exactly_once(directory, bundle)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
