"""Goal: customers who go quiet are found to the minute with no event arriving, and identically on
replay. Method: purchases in the past whose deadlines fall due while the daemon runs, so that nobody
has to wait for a day."""

import datetime
import json
import random
import time
import unittest

from world import Daemon, KafkaTest, header, wait_for

DAY_S = 86400
WEEKS_BACK_S = 43 * 7 * DAY_S  # far enough for all timers, at the same weekday and time of day
UTC = datetime.timezone.utc


def text_of(instant_s):
    return datetime.datetime.fromtimestamp(instant_s, UTC).isoformat(timespec="milliseconds")


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def purchase(customer, instant_s, partition=None, like=None):
    """like: an event from which amount, category and the like are taken."""
    value = dict(like or {"amount": 40}, customer_id=customer, event_time=text_of(instant_s))
    value["event_id"] = f"{customer}-{instant_s:.3f}"
    return (partition, customer, json.dumps(value), [])


def regular(customer, last_s, n=20, gap_days=3, like=None):
    instants = (last_s - i * gap_days * DAY_S for i in reversed(range(n)))
    return [purchase(customer, instant_s, like=like) for instant_s in instants]


class TimersTest(KafkaTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        history, cls.bundle = cls.dir / "history.jsonl", cls.dir / "timers.bundle"
        arguments = ("--customers", 1500, "--events", 30000, "--days", 300, "--seed", 3)
        self.segmentd("gen", *arguments, "--out", history)
        config = self.config("trainer", "none")
        self.segmentd("train", "-c", config, "--events", history, "--out", cls.bundle)
        with history.open() as lines:
            events = [json.loads(line) for line in lines]
        cls.purchases = [event for event in events if event.get("kind", "purchase") == "purchase"]

    def runTest(self):
        pass

    def alerts(self, app):
        return [
            (header(record, "ce_recordedtime"), json.loads(record.value()))
            for record in self.read_all(f"{app}.at-risk.v1")
        ]

    def silence_until_alert(self, last_s):
        """How long a regular customer is silent until it is at risk, by a run over the past."""
        app, topic = self.unique("past"), self.unique("tx")
        self.create_topic(topic, 1)
        self.produce(topic, regular("c1", last_s))
        self.produce(topic, [purchase("other", last_s + 200 * DAY_S)])
        self.segmentd("run", "-c", self.config(app, topic, self.bundle), "--until-drained")
        first = next(a for _, a in self.alerts(app) if a["customer_id"] == "c1")
        self.assertEqual((first["state"], first["reason"]), ("at_risk", "inactivity"))
        return seconds_of(first["as_of"]) - last_s

    def test_an_alert_comes_within_a_minute_of_its_deadline_with_no_event_arriving(self):
        due_s = round(time.time()) + 60
        silence_s = self.silence_until_alert(due_s - WEEKS_BACK_S)
        # Windows are of whole days: what was found has to hold at this time of day, too.
        for _ in range(5):
            found_s = self.silence_until_alert(due_s - silence_s - WEEKS_BACK_S)
            settled = abs(found_s - silence_s) < 0.01
            silence_s = found_s
            if settled:
                break
        self.assertTrue(settled)
        self.assertGreater(due_s, time.time() + 5, "it took too long to look into the past")

        app, topic = self.unique("quiet"), self.unique("tx")
        self.create_topic(topic, 2)
        self.produce(topic, regular("c1", due_s - silence_s))
        daemon = Daemon(self.config(app, topic, self.bundle, **{"time.idle_grace": "1s"}))
        wait_for("the output topics", lambda: "state=running" in daemon.text())
        alerts = wait_for("an alert", lambda: self.alerts(app), 120)
        self.assertEqual(daemon.stop(), 143)
        recorded, alert = alerts[0]
        self.assertEqual(alert["state"], "at_risk")
        self.assertEqual(alert["cause"]["kind"], "timer")
        self.assertAlmostEqual(seconds_of(alert["as_of"]), due_s, places=2)
        delay_s = seconds_of(recorded) - due_s
        print(f"the alert was published {delay_s:.1f} s after its deadline")
        self.assertTrue(0 <= delay_s < 60, delay_s)

    def live_input(self, began_s):
        """What lies in the topic at the start: silences whose looks fall into the next seconds."""
        dice = random.Random(5)
        silence_s = self.silence_until_alert(round(began_s) - WEEKS_BACK_S)
        looks_s, look_s = [], 0
        while look_s < 300 * DAY_S:
            look_s += max(DAY_S, look_s / 4)
            looks_s.append(look_s)
        records = []
        for i in range(300):
            due_s = silence_s if i % 2 == 0 else dice.choice(looks_s)
            last_s = time.time() + dice.uniform(5, 25) - due_s
            n, like = (20, None) if i % 2 == 0 else (12, dice.choice(self.purchases))
            records += regular(f"c{i}", last_s, n=n, like=like)
        return sorted(records, key=lambda record: json.loads(record[2])["event_time"])

    def test_a_live_run_with_kills_publishes_what_a_replay_does(self):
        topic = self.unique("tx")
        self.create_topic(topic, 3)
        self.produce(topic, self.live_input(time.time()))
        began_s = time.time()
        at_once = {"time.idle_grace": "1s", "time.out_of_orderness": "0s"}
        live = self.config("live", topic, self.bundle, **at_once)
        dice, kills = random.Random(9), 0
        daemon = Daemon(live)
        while time.time() < began_s + 32:
            self.produce(topic, [purchase(f"c{dice.randrange(300)}", time.time())])
            time.sleep(dice.uniform(0, 1.6))  # silences of all lengths, some beyond the grace
            if dice.random() < 0.25:
                daemon.kill()
                kills += 1
                daemon = Daemon(live)
        # Nothing falls due from here on, so that where the live run ends does not matter.
        self.produce(topic, [purchase(f"flush{p}", time.time(), p) for p in range(3)])
        wait_for("the last commit", lambda: self.flushed("live"))
        self.assertEqual(daemon.stop(), 143)
        self.segmentd("run", "-c", live, "--until-drained")

        once = self.config("once", topic, self.bundle, **at_once)
        self.segmentd("run", "-c", once, "--until-drained")
        expected = self.changes("once")
        silent = sum(json.loads(value)["reason"] == "inactivity" for _, value in expected)
        alerts = self.risk("once")
        print(f"{kills} kills; {len(expected)} changes, {silent} by timers; {len(alerts)} alerts")
        self.assertGreater(len(alerts), 20)
        self.assertGreater(silent, 10)
        self.assertEqual(self.changes("live"), expected)
        self.assertEqual(self.risk("live"), alerts)

    def flushed(self, app):
        states = self.last_states(app)
        return all(f"flush{p}".encode() in states for p in range(3))

    def risk(self, app):
        records = self.read_all(f"{app}.at-risk.v1")
        return {header(r, "ce_id").removeprefix(f"{app}/"): r.value() for r in records}


if __name__ == "__main__":
    unittest.main()
