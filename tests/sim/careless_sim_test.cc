// Goal: the simulation can fail. Method: one thing is done wrong in the world around the shard;
// before long some seed has to notice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/simulation.h"

namespace segmentd::support {
namespace {

constexpr std::uint64_t kPatience = 1500;

using Make = std::function<Carelessness()>;

Make Habit(bool Habits::*habit) {
  return [habit] {
    Carelessness careless;
    careless.habits.*habit = false;
    return careless;
  };
}

// A new one for each seed: it may remember.
template <typename Wrap>
Make Changelog(Wrap wrap) {
  return [wrap] {
    Carelessness careless;
    careless.changelog = [wrap](ports::ChangelogReader& changelog, FakeBroker& broker) {
      return wrap(changelog, broker);
    };
    return careless;
  };
}

// trouble: what has to come together for it to matter, and seldom does by itself.
void ExpectNoticed(const Make& make, const std::function<void(Plan&)>& trouble = {}) {
  for (std::uint64_t seed = 1; seed <= kPatience; ++seed) {
    const Carelessness careless = make();
    Plan plan(seed);
    if (trouble) trouble(plan);
    const std::string faults = Simulation(plan, careless).Run();
    if (faults.empty()) continue;
    fmt::print("noticed with seed {}: {}\n", seed, faults.substr(0, faults.find('\n')));
    EXPECT_EQ(Simulation(plan, {}).Run(), "") << "nor does it go well with care";
    return;
  }
  ADD_FAILURE() << "no seed up to " << kPatience << " notices";
}

// Processes that wake up when others have their partitions, and still have a transaction open.
void ManyZombies(Plan& plan) {
  plan.sites = 3;
  plan.pause = 0.2;
  plan.rates = {};
  plan.freeze = 0.1;
  plan.expire = 1;
  plan.crash = plan.time_out = plan.roll_back = 0;
}

TEST(CarelessSimTest, NoticesATransactionWithoutOffsets) {
  ExpectNoticed(Habit(&Habits::sends_offsets));
}

TEST(CarelessSimTest, NoticesThatMembershipIsNotChecked) {
  ExpectNoticed(Habit(&Habits::names_member), ManyZombies);
}

TEST(CarelessSimTest, NoticesACommitAfterUnansweredOffsets) {
  // Without its offsets a zombie's transaction is not refused.
  ExpectNoticed(Habit(&Habits::repeats_offsets), [](Plan& plan) {
    ManyZombies(plan);
    plan.unanswered = 0.5;
  });
}

TEST(CarelessSimTest, NoticesAProducerKeptAfterAnUnansweredCommit) {
  // The late request ends a transaction that its producer then loses the rest of.
  ExpectNoticed(Habit(&Habits::doubts_producer), [](Plan& plan) {
    plan.pause = 0.2;
    plan.rates.abort = 0.05;
    plan.unanswered = plan.late = 0.5;
  });
}

TEST(CarelessSimTest, NoticesAnUnansweredCommitTakenForDone) {
  ExpectNoticed(Habit(&Habits::waits_for_outcome));
}

TEST(CarelessSimTest, NoticesAZombieThatStillSends) {
  ExpectNoticed(Habit(&Habits::submits_to_fencing), ManyZombies);
}

TEST(CarelessSimTest, NoticesAStoreWrittenBeforeTheCommit) {
  ExpectNoticed([] {
    Carelessness careless;
    careless.sink = StoresBeforeTheCommit;
    return careless;
  });
}

TEST(CarelessSimTest, NoticesARewindForgottenAfterAnAbort) {
  ExpectNoticed([] {
    Carelessness careless;
    careless.source = ForgetsToRewind;
    return careless;
  });
}

TEST(CarelessSimTest, NoticesARestoreThatEndsAtTheLastStableOffset) {
  ExpectNoticed(Changelog(EndsAtLastStable), [](Plan& plan) {
    ManyZombies(plan);
    plan.learn = 0;
  });
}

TEST(CarelessSimTest, NoticesAStoreKeptAfterATruncatedChangelog) {
  ExpectNoticed([] {
    const auto longest = std::make_shared<std::map<Partition, Offset>>();
    return Changelog([longest](ports::ChangelogReader& changelog, FakeBroker&) {
      return OverlooksTruncation(changelog, *longest);
    })();
  });
}

TEST(CarelessSimTest, NoticesRecentIdsThatAreNotRestored) {
  ExpectNoticed(Changelog(
      [](ports::ChangelogReader& changelog, FakeBroker&) { return LosesRecentIds(changelog); }));
}

TEST(CarelessSimTest, NoticesAClockThatIsNotRestored) {
  ExpectNoticed(Changelog(
      [](ports::ChangelogReader& changelog, FakeBroker&) { return LosesClock(changelog); }));
}

// Models come often, and processes go.
void MuchLearning(Plan& plan) {
  plan.learn = 0.05;
  plan.crash = 0.05;
  plan.pause = 0.2;
}

TEST(CarelessSimTest, NoticesASweepThatIsNotResumed) {
  ExpectNoticed(Changelog([](ports::ChangelogReader& changelog, FakeBroker&) {
                  return LosesSweep(changelog);
                }),
                MuchLearning);
}

TEST(CarelessSimTest, NoticesAModelThatTakesOverUnrecorded) {
  ExpectNoticed(Changelog([](ports::ChangelogReader& changelog, FakeBroker&) {
                  return LosesSwitch(changelog, SimModels().All().back()->version);
                }),
                MuchLearning);
}

}  // namespace
}  // namespace segmentd::support
