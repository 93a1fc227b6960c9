#!/usr/bin/env python3
"""Segments beside the truth, on streams whose customers are of eight known kinds and then change:
a real daemon that learns as it goes, fed by event time on a real broker, and beside it
scikit-learn, which learns everything anew from the same customers whenever it is asked.

stationary  nothing happens for a month: what is said to have changed is noise
stops       a tenth of the champions buy nothing any more
abrupt      two of the eight kinds behave otherwise from one day on
newcomer    a ninth kind, 8 % of the customers
slow        spend and pace of three kinds drift by a hundredth a day
season      two weeks of everybody buying more, and back

usage: regimes_bench.py BUILD_DIR [stationary|stops|abrupt|newcomer|slow|season]...   (all)
       in a Python that has what ./dev installs for peers_bench.py
"""

import collections
import csv
import io
import json
import re
import subprocess
import sys
import time

import confluent_kafka as ck
import numpy as np
from confluent_kafka.admin import NewTopic
from learning_bench import PARTITIONS, SEGMENTD, call, day_of, kafka, text_of
from reliability_bench import Daemon
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

CUSTOMERS, WARM, AFTER, STEP = 3000, 60, 44, 2
SETTLED = WARM - 4 * STEP  # looked at from here on
FIRST = (12, 22, 32, 42)  # fed by these days before
MOVED = 0.05  # of the customers, by one retrain
RECOVERED = 0.95  # of the batch refit's agreement
FLAP_DAYS = 14  # back in a segment that was left so shortly before

CATEGORIES = ("grocery", "apparel", "home", "electronics", "toys", "books")
CHANNELS = ("web", "app", "store")
# name, share, purchases a day (mean, shape), spend (median, sigma of the logarithm), discounted,
# weights of categories and channels
KINDS = (
    ("champion", 8, 0.45, 8, 95, 0.4, 0.05, (2, 5, 3, 4, 1, 1), (3, 6, 1)),
    ("loyal", 20, 0.18, 6, 45, 0.4, 0.10, (9, 1, 2, 0, 1, 1), (2, 2, 6)),
    ("occasional", 22, 0.05, 5, 40, 0.5, 0.15, (1, 4, 3, 1, 2, 3), (6, 2, 2)),
    ("bargain", 14, 0.10, 5, 22, 0.4, 0.92, (1, 6, 1, 1, 3, 1), (7, 3, 0)),
    ("big", 8, 0.05, 5, 420, 0.5, 0.05, (0, 1, 5, 9, 0, 0), (5, 1, 4)),
    ("family", 12, 0.14, 8, 130, 0.3, 0.15, (8, 1, 2, 0, 4, 1), (0, 1, 9)),
    ("reader", 10, 0.09, 6, 18, 0.3, 0.20, (0, 0, 1, 0, 1, 9), (5, 5, 1)),
    ("gadgets", 6, 0.12, 5, 160, 0.5, 0.30, (0, 0, 1, 9, 2, 1), (8, 2, 0)),
    ("subscriber", 0, 0.30, 30, 30, 0.1, 1.00, (1, 0, 0, 0, 8, 0), (0, 9, 0)),
)
NEW_KIND = len(KINDS) - 1


class Shop:
    """Its customers, day by day. A regime changes them from the day WARM on."""

    def __init__(self, regime):
        self.regime, self.dice = regime, np.random.default_rng(11)
        self.days = WARM + (30 if regime == "stationary" else AFTER)
        shares = np.array([kind[1] for kind in KINDS]) / 100
        self.kind = self.dice.choice(len(KINDS), CUSTOMERS, p=shares)
        late = self.dice.random(CUSTOMERS) < 0.15
        self.joins = np.where(late, self.dice.uniform(0, WARM, CUSTOMERS), 0)
        if regime == "newcomer":
            new = self.dice.random(CUSTOMERS) < 0.08
            self.kind[new] = NEW_KIND
            self.joins[new] = WARM + self.dice.uniform(0, 5, new.sum())
        shape = np.array([kind[3] for kind in KINDS])[self.kind]
        self.pace = self.dice.gamma(shape, 1 / shape)
        self.level = np.exp(0.25 * self.dice.normal(size=CUSTOMERS))
        self.rate = np.array([kind[2] for kind in KINDS])
        self.spend = np.array([kind[4] for kind in KINDS], dtype=float)
        self.discounted = np.array([kind[6] for kind in KINDS])
        self.categories = np.array([kind[7] for kind in KINDS], dtype=float)
        self.channels = np.array([kind[8] for kind in KINDS], dtype=float)
        self.gone = np.zeros(CUSTOMERS, dtype=bool)
        self.names = [f"c{i}" for i in range(CUSTOMERS)]
        self.number = 0

    def turn(self, day):
        """What the regime does on a day."""
        first = day == WARM
        if self.regime == "stops" and first:
            champions = np.flatnonzero(self.kind == 0)
            self.gone[champions[: len(champions) // 10]] = True
        elif self.regime == "abrupt" and first:
            self.rate[[1, 3]] *= (0.4, 2.5)
            self.spend[[1, 3]] *= (3, 2)
            self.discounted[[1, 3]] = (0.6, 0.1)
            self.categories[[1, 3]] = self.categories[[4, 6]]
            self.channels[[1, 3]] = self.channels[[7, 1]]
        elif self.regime == "slow" and day >= WARM:
            self.spend[[1, 2, 5]] *= 1.01
            self.rate[[1, 2, 5]] *= 0.99
        elif self.regime == "season" and day in (WARM, WARM + 14):
            self.rate = self.rate * 2.5 if first else self.rate / 2.5
            self.spend = self.spend * 1.4 if first else self.spend / 1.4

    def day(self, day):
        """The purchases of a day, in order."""
        self.turn(day)
        rates = np.where((self.joins > day) | self.gone, 0, self.rate[self.kind] * self.pace)
        buyers = np.repeat(np.arange(CUSTOMERS), self.dice.poisson(rates))
        times = day + np.sort(self.dice.random(len(buyers)))
        return [self.purchase(c, t) for c, t in zip(self.dice.permutation(buyers), times)]

    def purchase(self, customer, at):
        kind, dice = self.kind[customer], self.dice
        amount = self.spend[kind] * self.level[customer]
        amount *= np.exp(KINDS[kind][5] * dice.normal())
        self.number += 1
        event = {
            "event_id": f"o{self.number}",
            "customer_id": self.names[customer],
            "event_time": text_of(at),
            "amount": round(float(amount), 2),
            "category": self.draw(CATEGORIES, self.categories[kind]),
            "channel": self.draw(CHANNELS, self.channels[kind]),
        }
        if dice.random() < self.discounted[kind]:
            event["discount"] = round(float(amount) * 0.25, 2)
        return event

    def draw(self, names, weights):
        return names[np.searchsorted(np.cumsum(weights), self.dice.random() * weights.sum())]


def refit(table, clusters):
    """What a notebook makes of an export: k-means on logarithms, standardised."""
    x = np.array([[float(cell or "nan") for cell in row] for row in table])
    x = x[:, ~np.isnan(x).all(0)]
    x = np.where(np.isnan(x), np.nanmedian(x, 0), x)
    grown = (x.max(0) > 50) & (x.min(0) >= 0)
    x[:, grown] = np.log1p(x[:, grown])
    x = (x - x.mean(0)) / np.maximum(x.std(0), 1e-9)
    return KMeans(clusters, n_init=10, random_state=0).fit(x.clip(-4, 4)).labels_


class Stream:
    """A daemon with its topics, fed window by window."""

    def __init__(self, world, app):
        self.world, self.app, self.topic = world, app, f"{app}-transactions"
        world.admin.create_topics([NewTopic(self.topic, PARTITIONS, 1)])[self.topic].result(30)
        self.config = world.dir / f"{app}.yaml"
        self.config.write_text(
            f'app: {app}\nkafka: {{brokers: "{world.brokers}"}}\n'
            f"input: {{transactions: {{topic: {self.topic}}}}}\n"
            f"output: {{prefix: {app}.}}\n"
            "time: {idle_grace: 1d}\n"
            "learning: {k: 6..12, trial: 0s, retrain: {every: 4d, spacing: 1d}}\n"
            f"state: {{dir: {world.dir / app}}}\n"
            'http: {listen: "127.0.0.1:0"}\n'
        )
        client = {"bootstrap.servers": world.brokers, "log_level": 0}
        self.producer = ck.Producer({**client, "linger.ms": 20, "enable.idempotence": True})
        self.group = ck.Consumer({**client, "group.id": app})
        self.daemon = Daemon(self.config)
        self.fed, self.segments = 0, {}  # of each model that scored, in their order

    def feed(self, events):
        for event in events:
            self.producer.produce(self.topic, json.dumps(event), event["customer_id"])
            self.producer.poll(0)
        if self.producer.flush(120):
            sys.exit(f"{self.topic} could not be filled")
        self.fed += len(events)
        self.settle()

    def settle(self):
        """Until everything is read, learned from, and every customer is where the model says."""
        before = None
        while True:
            now = self.look()
            if now and now == before:
                return
            before = now
            if self.daemon.process.poll() is not None:
                sys.exit(self.daemon.log_path.read_text()[-3000:])
            time.sleep(0.7)

    def look(self):
        """What the trainer has come to; nothing while there is something left to do."""
        partitions = [ck.TopicPartition(self.topic, p) for p in range(PARTITIONS)]
        read = sum(max(p.offset, 0) for p in self.group.committed(partitions, 30))
        status = json.loads(self.daemon.get("/statusz") or "{}")
        trainer = status.get("trainer")
        if read < self.fed or not trainer or trainer["state"] == "training":
            return None
        for shard in status["shards"]:
            for partition in shard["partitions"]:
                if partition["sweeping"] or partition["model"] != trainer["champion"]:
                    return None
        return [trainer[key] for key in ("state", "customers", "fresh_samples", "champion")]

    def alarms(self):
        text = self.daemon.get("/metrics") or ""
        found = re.search(r"^segmentd_model_drift_alarms_total (\S+)$", text, re.M)
        return float(found[1]) if found else 0

    def export(self):
        rows = csv.reader(io.StringIO(call(SEGMENTD, "export", "-c", self.config)))
        next(rows)
        return [row for row in rows if row[1]]

    def models(self):
        text = call(SEGMENTD, "model", "list", "-c", self.config, "--json")
        models = {model["version"]: model for model in json.loads(text)}
        kept = [item for item in models.items() if item[1]["sequence"] is not None]
        for version, model in sorted(kept, key=lambda item: item[1]["sequence"]):
            if version not in self.segments and model["state"] == "promoted":
                shown = call(SEGMENTD, "model", "show", "-c", self.config, version, "--json")
                self.segments[version] = {s["segment_id"] for s in json.loads(shown)["segments"]}
        return models

    def reused(self):
        """Ids of segments that had gone and came back."""
        gone, before, again = set(), set(), set()
        for now in self.segments.values():
            again |= now & gone
            gone |= before - now
            before = now
        return again

    def end(self):
        self.daemon.end()
        try:
            self.daemon.process.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.process.kill()


def follow(world, regime):
    shop, stream = Shop(regime), Stream(world, regime)
    try:
        windows, models, alarms = watch(shop, stream)
    finally:
        stream.end()
    print_recovery(windows)
    print_models(models, alarms, windows[-1].events - windows[0].events)
    print(f"    ids given out twice: {', '.join(sorted(stream.reused())) or 'none'}")
    changes = world.read(f"{regime}.segment.changed.v1")
    print_changes(changes, world.read(f"{regime}.at-risk.v1"), shop)


def watch(shop, stream):
    windows, models, before = [], {}, 0
    growing = set()  # models of the time in which there were ever more customers
    print("    day  events  segments  agreement with the truth  batch refit")
    looks = [*range(SETTLED, shop.days + 1, STEP)]
    for begin, end in zip([0, *FIRST, *looks], [*FIRST, *looks]):
        stream.feed([event for day in range(begin, end) for event in shop.day(day)])
        models |= stream.models()
        if end <= SETTLED:
            growing, before = set(models), stream.alarms()
        rows = stream.export()
        if rows and end in looks:
            windows.append(compare(shop, rows, end, stream.fed))
    settled = [models[version] for version in models if version not in growing]
    return windows, settled, stream.alarms() - before


Window = collections.namedtuple("Window", "day events own batch")


def compare(shop, rows, day, events):
    truth = [shop.kind[int(row[0][1:])] for row in rows]
    segments = [row[1] for row in rows]
    batch = refit([row[11:] for row in rows], len(set(segments)))
    own, batch = (adjusted_rand_score(truth, labels) for labels in (segments, batch))
    mark = "  <- first after the change" if day == WARM + STEP else ""
    print(
        f"    {day:3}  {events:6,}  {len(set(segments)):8}  {own:24.3f}  {batch:11.3f}{mark}",
        flush=True,
    )
    return Window(day, events, own, batch)


def print_recovery(windows):
    before = [window for window in windows if window.day <= WARM]
    after = [window for window in windows if window.day > WARM]
    for when, some in (("before", before), ("after", after)):
        lag = sum(window.batch - window.own for window in some) / len(some)
        print(f"    {when} the change {lag:+.3f} below the refit in the mean (aim: at most 0.020)")
    behind = [i for i, window in enumerate(after) if window.own < RECOVERED * window.batch]
    last = behind[-1] + 1 if behind else 0
    if last == len(after):
        print(f"    at its end not within {RECOVERED} of the refit")
    else:
        print(
            f"    within {RECOVERED} of the refit for good after "
            f"{after[last].events - before[-1].events:,} snapshots (aim: 3,000)"
        )


def print_models(models, alarms, events):
    states = collections.Counter(model["state"] or "given" for model in models)
    moved = {False: [], True: []}  # by whether an alarm was on, which widens the limit
    for model in models:
        for check in (model["verdict"] or {"checks": []})["checks"]:
            if check["name"] == "moved" and model["state"] != "rejected":
                moved[check["limit"] > MOVED].append(check["value"])
    outcomes = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    print(
        f"    {len(models)} retrains from day {SETTLED} on ({outcomes}); "
        f"{alarms:.0f} drift alarms, {alarms / events * 1e5:.1f} per 100,000 snapshots"
    )
    for alarm, some in moved.items():
        if some:
            print(
                f"    {len(some)} taken {'under an alarm' if alarm else 'without one'} moved "
                f"at most {max(some):.3f} (aim: {MOVED:.3f}), "
                f"in the mean {sum(some) / len(some):.3f}"
            )


def print_changes(changes, alerts, shop):
    left = {}
    flaps = 0
    for change in changes:
        if change["change"] != "moved" or change["reason"] == "model":
            continue
        customer, day = change["customer_id"], day_of(change["as_of"])
        now, before = change["current"]["segment_id"], change["previous"]["segment_id"]
        flaps += day - left.get((customer, now), -1e9) <= FLAP_DAYS
        left[customer, before] = day
    months = sum(shop.days - joined for joined in shop.joins) / 30
    reasons = collections.Counter(f"{c['change']} by {c['reason']}" for c in changes)
    gone = {shop.names[i] for i in np.flatnonzero(shop.gone)}
    print(f"    {flaps / months:.4f} flaps per customer-month (aim: 0.0100)")
    print(f"    changes: {', '.join(f'{n:,} {reason}' for reason, n in sorted(reasons.items()))}")
    raised = [a for a in alerts if a["state"] == "at_risk" and day_of(a["as_of"]) >= WARM]
    found = {a["customer_id"] for a in raised} & gone
    causes = collections.Counter(alert["reason"] for alert in alerts)
    print(
        f"    at-risk alerts after the change: {len(raised)}, {len(found)} of the {len(gone)} who "
        f"left; causes of all: {', '.join(f'{n} {c}' for c, n in sorted(causes.items()))}"
    )


REGIMES = ("stationary", "stops", "abrupt", "newcomer", "slow", "season")


def main():
    wanted = sys.argv[2:] or REGIMES
    unknown = set(wanted) - set(REGIMES)
    if unknown:
        sys.exit(f"{' '.join(sorted(unknown))}: there are {' '.join(REGIMES)}")
    began = time.monotonic()
    with kafka() as world:
        for regime in wanted:
            print(f"-- {regime}", flush=True)
            follow(world, regime)
    print(f"the regimes took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
