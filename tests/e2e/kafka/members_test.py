"""Goal: nothing is lost or published twice, whoever comes, goes, sleeps or is mistaken for another.
Method: real processes that share a topic under load are stopped, doubled, killed and replaced."""

import json
import signal
import unittest

import faults
from world import Daemon, wait_for

GUESTS = 6


class MembersTest(faults.FaultTest):
    def setUp(self):
        self.daemons = []

    def tearDown(self):
        for daemon in self.daemons:
            daemon.kill()

    def member(self, app, topic, place, failpoint=None, **sections):
        """A process with a state directory of its own."""
        sections["state.dir"] = str(self.dir / f"{app}-{place}")
        daemon = Daemon(self.config(app, topic, self.bundle, **sections), failpoint=failpoint)
        self.daemons.append(daemon)
        return daemon

    def finish(self, app, topic, load, *daemons):
        load.finish()
        for daemon in daemons:
            self.assertEqual(daemon.stop(), 128 + signal.SIGTERM, daemon.text()[-2000:])
        self.drain(self.config(app, topic, self.bundle))
        self.check_undisturbed(app, topic)

    def sleep_through_the_session(self, step):
        app, topic = f"sleeper-{step}", self.new_topic()
        load = self.load(topic)
        # Stops itself amid a commit; the other has everything when it wakes up.
        sleeper = self.member(app, topic, "a", failpoint=f"{step}:5:stop")
        wait_for("the commit that it sleeps in", sleeper.stopped)
        other = self.member(app, topic, "b")
        self.wait_for_all(other)
        self.wait_for_work(app)
        sleeper.process.send_signal(signal.SIGCONT)
        # It joins again, and takes its share.
        wait_for("both to work", lambda: sleeper.running() and other.running())
        self.finish(app, topic, load, sleeper, other)

    def test_a_process_that_sleeps_with_a_transaction_open_wakes_up_harmless(self):
        self.sleep_through_the_session("begun")

    def test_a_process_that_sleeps_between_its_offsets_and_the_commit_wakes_up_harmless(self):
        self.sleep_through_the_session("offsets")

    def test_a_process_that_sleeps_until_its_transaction_is_given_up_goes_on_by_itself(self):
        app, topic = "alone", self.new_topic()
        load = self.load(topic)
        sleeper = self.member(app, topic, "a", failpoint="flushed:5:stop")
        wait_for("the commit that it sleeps in", sleeper.stopped)
        changelog = f"{app}.{app}.changelog"
        wait_for("its open transaction", lambda: self.undecided(changelog) > 0, 8)
        wait_for("its time-out", lambda: self.undecided(changelog) == 0)
        sleeper.process.send_signal(signal.SIGCONT)
        self.wait_for_all(sleeper)
        self.wait_for_work(app)
        self.finish(app, topic, load, sleeper)

    def test_of_two_processes_with_one_identity_one_gives_up(self):
        app, topic = "twins", self.new_topic()
        load = self.load(topic)
        twins = [self.member(app, topic, place, instance="same") for place in "ab"]
        wait_for("one to give up", lambda: any(t.process.poll() is not None for t in twins), 120)
        loser = next(t for t in twins if t.process.poll() is not None)
        winner = next(t for t in twins if t is not loser)
        self.assertEqual(loser.process.returncode, 1)
        self.assertIn("same app and instance", loser.text())
        self.wait_for_all(winner)
        self.finish(app, topic, load, winner)

    def test_a_static_member_that_is_restarted_takes_nothing_from_the_others(self):
        app, topic = "static", self.new_topic()
        load = self.load(topic)

        def start(place):
            client = {"session.timeout.ms": "10000", "group.instance.id": place}
            return self.member(app, topic, place, **{"kafka.client": json.dumps(client)})

        stays, goes = start("stays"), start("goes")
        wait_for("both to work", lambda: stays.running() == goes.running() == 2)
        before = stays.metric("segmentd_kafka_rebalances_total")
        self.assertEqual(goes.stop(), 128 + signal.SIGTERM, goes.text()[-2000:])
        back = start("goes")
        wait_for("it to be back", lambda: back.running() == 2)
        self.wait_for_work(app)
        self.assertEqual(stays.metric("segmentd_kafka_rebalances_total"), before)
        self.finish(app, topic, load, stays, back)

    def test_members_that_come_and_go_lose_nothing(self):
        app, topic = "guests", self.new_topic()
        load = self.load(topic, rate=1500)
        present = [self.member(app, topic, "0")]
        for guest in range(1, GUESTS + 1):
            present.append(self.member(app, topic, guest))
            wait_for("the guest to work", present[-1].running)
            leaver = present.pop(0)
            if guest % 3 == 0:
                leaver.kill()
            else:
                self.assertEqual(leaver.stop(), 128 + signal.SIGTERM, leaver.text()[-2000:])
        self.finish(app, topic, load, *present)


if __name__ == "__main__":
    unittest.main()
