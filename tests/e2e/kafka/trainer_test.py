"""Goal: a daemon learns by itself, from nothing on; whoever is killed meanwhile, there is one truth
and nobody is told anything twice or by a model's fault. Method: real daemons on a shop's life in
accelerated time, killed at each step of the trainer; a foreign client reads the topics."""

import datetime
import json
import unittest

from world import Daemon, KafkaTest, wait_for

PARTITIONS = 3
START_MS = 1767225600000
DAY_MS = 86400000
# Whatever each customer buys, and how often: four ways that nobody could mix up.
WAYS = ((2, 200, "home", "app"), (12, 25, "apparel", "web"), (5, 60, "grocery", "store"),
        (20, 15, "books", "web"))  # fmt: skip


def purchases(customers, first_day, last_day):
    """In order of time."""
    for minute in range(first_day * 1440, last_day * 1440, 10):
        for n in range(customers):
            gap, amount, category, channel = WAYS[n % len(WAYS)]
            if (minute // 10 + n * 37) % (gap * 144) == 0:
                time_ms = START_MS + minute * 60000 + n
                event = {"event_id": f"{n}-{minute}", "customer_id": f"c{n}", "event_time": time_ms,
                         "amount": amount + (n * 7 + minute) % 10, "category": category,
                         "channel": channel}  # fmt: skip
                yield None, f"c{n}".encode(), json.dumps(event).encode(), None


def utc(time_ms):
    return datetime.datetime.fromtimestamp(time_ms / 1000, datetime.timezone.utc).isoformat()[:19]


class TrainerTest(KafkaTest):
    def learning(self, app, topic, **sections):
        fields = {
            "learning.enabled": "true",
            "learning.embedding": "pca",
            "learning.k": "3..5",
            "learning.retrain": "{every: 10d, spacing: 1d}",
            "learning.trial": "2d",
            "output.backfill": "true",
            "input.transactions": f"{{topic: {topic}, time: ms}}",
            # The wall clock is months ahead of this shop.
            "time.idle_grace": "1d",
        }
        return self.config(app, topic, **(fields | sections))

    def models(self, config):
        return json.loads(self.segmentd("model", "list", "-c", config, "--json").stdout)

    def embedding(self, config, version):
        shown = self.segmentd("model", "show", version, "-c", config, "--json")
        return json.loads(shown.stdout)["embedding"]

    def trainer(self, daemon):
        return (daemon.status() or {}).get("trainer") or {}

    def promoted_by_trial(self, config):
        models = self.models(config)
        return next((m["version"] for m in models if m["role"] == "active" and m["trial"]), None)

    def learned(self, daemon, day):
        """The trainer has seen that day, and is through with what came of it."""
        trainer = self.trainer(daemon)
        seen = (trainer.get("as_of") or "") >= utc(START_MS + day * DAY_MS)
        return seen and trainer["state"] != "training"

    def scored_by(self, daemons, version):
        shards = [s for d in daemons for s in (d.status() or {"shards": []})["shards"]]
        partitions = [p for shard in shards for p in shard["partitions"]]
        done = {
            p["partition"] for p in partitions if p["model"] == version and not p["sweeping"]
        }
        return len(done) == PARTITIONS

    def check_told_well(self, app):
        self.check_chains(app)
        changes = [json.loads(value) for _, value in self.changes(app)]
        for change in changes:
            if change["change"] == "entered":
                self.assertIn(change["reason"], ("event", "backfill"))
            if change["reason"] == "model":
                self.assertFalse(change["at_risk"]["crossed"])
        alerts = [json.loads(r.value()) for r in self.read_all(f"{app}.at-risk.v1")]
        self.assertLessEqual({a["reason"] for a in alerts}, {"event", "inactivity", "correction"})
        return changes

    def test_begins_with_rules_and_goes_on_to_what_is_learned(self):
        topic, app = self.unique("tx"), "from-nothing"
        self.create_topic(topic, PARTITIONS)
        config = self.learning(app, topic)
        daemon = Daemon(config)
        self.addCleanup(lambda: daemon.process.poll() is None and daemon.kill())
        self.produce(topic, purchases(100, 0, 30))
        first = wait_for("a first model", lambda: self.trainer(daemon).get("champion"))
        self.assertEqual(self.embedding(config, first), "rules")
        wait_for("all to be scored", lambda: self.scored_by([daemon], first))

        self.produce(topic, purchases(600, 30, 45))
        second = wait_for(
            "a learned one",
            lambda: (now := self.trainer(daemon).get("champion")) != first and now,
        )
        self.assertEqual(self.embedding(config, second), "pca")

        # A challenger that is like its champion has a trial, while samples come.
        day = 45
        while not (third := self.promoted_by_trial(config)):
            self.assertLess(day, 300, [(m["state"], m["reason"]) for m in self.models(config)])
            self.produce(topic, purchases(600, day, day + 3))
            day += 3
            wait_for("the trainer to keep up", lambda d=day: self.learned(daemon, d - 1))
        wait_for("all to follow", lambda: self.scored_by([daemon], third))
        self.assertEqual(daemon.stop(), 143)
        told = {m["version"]: m for m in self.models(config)}
        self.assertEqual(told[third]["role"], "active")
        self.assertEqual(told[third]["state"], "promoted")
        self.assertGreater(told[third]["trial"]["samples"], 0)
        self.assertTrue(told[third]["verdict"]["accepted"])
        changes = self.check_told_well(app)
        self.assertEqual({c["model"]["version"] for c in changes} - set(told), set())

    def test_there_is_one_truth_though_trainers_are_killed_at_each_step(self):
        topic, app = self.unique("tx"), "killed"
        self.create_topic(topic, PARTITIONS)
        configs = [
            self.learning(app, topic, instance=name, **{"state.dir": str(self.dir / name)})
            for name in ("one", "two")
        ]
        daemons = [Daemon(config) for config in configs]
        self.addCleanup(lambda: [d.kill() for d in daemons if d.process.poll() is None])
        seen, day = set(), 0

        def step():
            """Which daemon trains, and where it stands, if that is new."""
            for n, daemon in enumerate(daemons):
                trainer = self.trainer(daemon)
                decision = trainer.get("last_decision") or {}
                at = (decision.get("version"), decision.get("state"))
                if at[0] and at not in seen:
                    return n, at
            return None

        for _ in range(6):
            while not (found := step()):
                # Life goes on, a day at a time, as fast as it is read.
                self.produce(topic, purchases(300, day, day + 1))
                day += 1
                wait_for("the daemons to keep up", lambda: self.caught_up(daemons))
            victim, at = found
            seen.add(at)
            daemons[victim].kill()
            daemons[victim] = Daemon(configs[victim])
            wait_for("somebody to train", lambda: any(map(self.trainer, daemons)))

        def followed():
            """The one that is active now: a retrain may have been under way."""
            active = [m for m in self.models(configs[0]) if m["role"] == "active"]
            self.assertEqual(len(active), 1)
            return self.scored_by(daemons, active[0]["version"])

        wait_for("all to follow", followed, 120)
        for daemon in daemons:
            self.assertEqual(daemon.stop(), 143)
        self.check_told_well(app)
        states = [m["state"] for m in self.models(configs[0])]
        self.assertGreaterEqual(states.count("promoted"), 2, states)

    def caught_up(self, daemons):
        shards = [s for d in daemons for s in (d.status() or {"shards": []})["shards"]]
        partitions = [p for shard in shards for p in shard["partitions"]]
        running = {p["partition"] for p in partitions if p["state"] == "running"}
        return len(running) == PARTITIONS and all(p["lag_records"] == 0 for p in partitions)


if __name__ == "__main__":
    unittest.main()
