#!/usr/bin/env python3
"""What is found, beside what is known to be true: streams made here, whose truth is planted,
through the real daemon on a real broker.

at_risk  a tenth of the regular buyers stop on one day. Precision, recall and median delay of the
         at-risk alerts, beside the rule that whoever bought nothing for 30 (or 90) days is at risk.

usage: learning_bench.py BUILD_DIR [at_risk]...   (all)
"""

import contextlib
import dataclasses
import datetime
import json
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = pathlib.Path(__file__).resolve().parents[1]
SEGMENTD = pathlib.Path(sys.argv[1]).resolve() / "src" / "app" / "segmentd"
DAY_S = 86400
START_S = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc).timestamp()
PARTITIONS = 3


def call(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: status {done.returncode}\n{done.stderr[-3000:]}")
    return done.stdout


class World:
    """A Kafka of its own, and a folder for configurations, histories and models."""

    def __init__(self, directory, brokers):
        self.dir, self.brokers = directory, brokers
        # Must outlive its results.
        self.admin = AdminClient({"bootstrap.servers": brokers, "log_level": 4})

    def config(self, app, bundle="null"):
        path = self.dir / f"{app}.yaml"
        path.write_text(
            f'app: {app}\nkafka: {{brokers: "{self.brokers}"}}\n'
            f"input: {{transactions: {{topic: {app}-transactions}}}}\n"
            f"output: {{prefix: {app}.}}\n"
            f"learning: {{enabled: false, bootstrap: {bundle}}}\n"
            f"state: {{dir: {self.dir / app}}}\n"
            'http: {listen: "127.0.0.1:0"}\n'
        )
        return path

    def train(self, app, events):
        history, bundle = self.dir / f"{app}.jsonl", self.dir / f"{app}.bundle"
        with open(history, "w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(event) + "\n" for event in events)
        call(SEGMENTD, "train", "-c", self.config(app), "--events", history, "--out", bundle)
        return bundle

    def run(self, app, events, bundle):
        """Reads the events with a fresh daemon to their end."""
        topic = f"{app}-transactions"
        self.admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
        producer = ck.Producer(
            {"bootstrap.servers": self.brokers, "linger.ms": 20, "enable.idempotence": True}
        )
        for event in events:
            producer.produce(topic, json.dumps(event), event["customer_id"])
            producer.poll(0)
        if producer.flush(120):
            sys.exit(f"{topic} could not be filled")
        call(SEGMENTD, "run", "-c", self.config(app, bundle), "--until-drained")

    def read(self, topic):
        """The committed values of a topic, in the order of each partition."""
        consumer = ck.Consumer(
            {
                "bootstrap.servers": self.brokers,
                "group.id": "bench",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        consumer.assign([ck.TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
        values, ends = [], 0
        while ends < PARTITIONS:
            for message in consumer.consume(1000, 10):
                if message.error() is None:
                    values.append(json.loads(message.value()))
                elif message.error().code() == ck.KafkaError._PARTITION_EOF:
                    ends += 1
                else:
                    sys.exit(f"{topic}: {message.error()}")
        consumer.close()
        return values


def text_of(day):
    instant = datetime.datetime.fromtimestamp(START_S + day * DAY_S, datetime.timezone.utc)
    return instant.isoformat(timespec="milliseconds")


def day_of(text):
    instant = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (instant.timestamp() - START_S) / DAY_S


@dataclasses.dataclass
class Customer:
    name: str
    kind: str  # regular | seldom | once
    gap_days: float
    stops: float  # day; infinity: never
    days: list  # of purchases


class Shop:
    """Regular buyers with a gap of 4 to 20 days in the mean, seldom ones with 40 to 90, and those
    who come once. Gaps are Gamma with shape 2: somewhat more even than chance. Everybody comes
    within the first half year; a fifth are gone again, one by one, before the model is trained:
    without them there is nothing to learn leaving from."""

    DAYS, TRAINED, STOP = 540, 270, 360

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.customers = [self.customer(i) for i in range(3000)]

    def customer(self, i):
        dice = self.dice
        kind = dice.choices(("regular", "seldom", "once"), (6, 2, 2))[0]
        gap = {"regular": dice.uniform(4, 20), "seldom": dice.uniform(40, 90), "once": 0}[kind]
        first = dice.uniform(0, self.TRAINED * 2 / 3)
        if kind == "once":
            return Customer(f"c{i}", kind, gap, first, [first])
        stops = float("inf")
        if dice.random() < 0.2:
            stops = dice.uniform(first, self.TRAINED)
        elif kind == "regular" and dice.random() < 0.1:
            stops = self.STOP
        days, day = [], first
        while day < min(stops, self.DAYS):
            days.append(day)
            day += dice.gammavariate(2, gap / 2)
        return Customer(f"c{i}", kind, gap, stops, days)

    def events(self):
        events = [
            (day, customer.name, n)
            for customer in self.customers
            for n, day in enumerate(customer.days)
        ]
        dice = random.Random(1)
        return [
            {
                "event_id": f"{name}-{n}",
                "customer_id": name,
                "event_time": text_of(day),
                "amount": round(dice.lognormvariate(3.5, 0.5), 2),
            }
            for day, name, n in sorted(events)
        ]

    def idle_alerts(self, idle_days):
        """(customer, day): each silence once, when it is so long."""
        for customer in self.customers:
            for day, after in zip(customer.days, [*customer.days[1:], self.DAYS]):
                if after - day > idle_days:
                    yield customer.name, day + idle_days


def at_risk(world):
    shop = Shop(seed=5)
    events = shop.events()
    stopped = {c.name for c in shop.customers if c.stops == shop.STOP}
    there = [c for c in shop.customers if c.stops >= shop.STOP]
    regular = {c.name for c in there if c.kind == "regular"}
    seldom = {c.name for c in there if c.kind == "seldom"}
    bundle = world.train("trainer", [e for e in events if day_of(e["event_time"]) < shop.TRAINED])
    world.run("stops", events, bundle)
    alerts = [
        (alert["customer_id"], day_of(alert["as_of"]))
        for alert in world.read("stops.at-risk.v1")
        if alert["state"] == "at_risk"
    ]
    print(
        f"{len(events):,} events of {len(shop.customers):,} customers in {shop.DAYS} days; "
        f"{len(stopped)} of {len(regular)} regular buyers stop on day {shop.STOP}; a model of the "
        f"first {shop.TRAINED} days, alerts of the days after on who was there on that day"
    )
    for whom, names in (("regular buyers", regular), ("and seldom ones", regular | seldom)):
        rules = [(f"{days} days idle", list(shop.idle_alerts(days))) for days in (30, 90)]
        for who, raised in (("segmentd", alerts), *rules):
            raised = [a for a in raised if a[0] in names and a[1] >= shop.TRAINED]
            right = {name: day for name, day in raised if name in stopped and day >= shop.STOP}
            wrong = len(raised) - len(right)
            delay = statistics.median(day - shop.STOP for day in right.values())
            print(
                f"    {whom:16} {who:13} precision {len(right) / len(raised):.3f}  recall "
                f"{len(right) / len(stopped):.3f}  median delay {delay:.1f} days  false alerts "
                f"{wrong}",
                flush=True,
            )


PARTS = {"at_risk": at_risk}


@contextlib.contextmanager
def kafka():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="segmentd-bench-"))
    broker = ROOT / "tools" / "kafka" / "broker"
    try:
        brokers = call(broker, "start", directory / "kafka").split()[-1]
        yield World(directory, brokers)
    finally:
        subprocess.run([broker, "stop", directory / "kafka"], check=False)
        shutil.rmtree(directory, ignore_errors=True)


def main():
    wanted = sys.argv[2:] or list(PARTS)
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.exit(f"{' '.join(sorted(unknown))}: there are {' '.join(PARTS)}")
    began = time.monotonic()
    with kafka() as world:
        for part in wanted:
            print(f"-- {part}")
            PARTS[part](world)
    print(f"learning took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
