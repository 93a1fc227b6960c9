#include "segmentd/risk/alert.h"

#include <gtest/gtest.h>

#include <limits>

#include "segmentd/base/random.h"

namespace segmentd::risk {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr Thresholds kThresholds;

Evidence Silent(double score) { return {.score = score, .prior_score = 0.9, .tier = Tier::kMid}; }

Evidence Bought(double score) {
  return {.score = score, .prior_score = score, .tier = Tier::kMid, .purchased = true};
}

TEST(AlertTest, FollowsACustomerDownAndBack) {
  State state = State::kNone;
  EXPECT_EQ(Step(kThresholds, Silent(0.36), state), Crossing::kNone);
  EXPECT_EQ(Step(kThresholds, Silent(0.34), state), Crossing::kAtRisk);
  EXPECT_EQ(state, State::kAtRisk);
  EXPECT_EQ(Step(kThresholds, Silent(0.30), state), Crossing::kNone);
  EXPECT_EQ(Step(kThresholds, Silent(0.09), state), Crossing::kLapsed);
  EXPECT_EQ(state, State::kLapsed);
  EXPECT_EQ(Step(kThresholds, Silent(0.01), state), Crossing::kNone);
  EXPECT_EQ(Step(kThresholds, Bought(0.80), state), Crossing::kRecovered);
  EXPECT_EQ(state, State::kNone);
}

TEST(AlertTest, StaysAtRiskAfterAPurchaseThatConvincesNobody) {
  State state = State::kAtRisk;
  EXPECT_EQ(Step(kThresholds, Bought(0.44), state), Crossing::kNone);
  EXPECT_EQ(state, State::kAtRisk);
}

TEST(AlertTest, TakesALowScoreFromTheStartForNoNews) {
  State state = State::kNone;
  Evidence evidence = Silent(0.30);
  evidence.prior_score = 0.5;
  EXPECT_EQ(Step(kThresholds, evidence, state), Crossing::kNone);
  evidence.score = 0.29;
  EXPECT_EQ(Step(kThresholds, evidence, state), Crossing::kAtRisk);
}

TEST(AlertTest, LeavesCustomersOfLowValueAlone) {
  State state = State::kNone;
  Evidence evidence = Silent(0.05);
  evidence.tier = Tier::kLow;
  EXPECT_EQ(Step(kThresholds, evidence, state), Crossing::kNone);
  EXPECT_EQ(NextStepBelow(kThresholds, State::kNone, 0.9, Tier::kLow), std::nullopt);
}

TEST(AlertTest, CountsADropOfActivityWhateverTheScoreAndTheValue) {
  State state = State::kNone;
  EXPECT_EQ(Step(kThresholds, {.score = 0.9, .prior_score = 0.9, .dropped = true}, state),
            Crossing::kAtRisk);
  EXPECT_EQ(Step(kThresholds, {.score = 0.9, .prior_score = 0.9, .dropped = true}, state),
            Crossing::kNone);
}

TEST(AlertTest, DoesNotCallSomebodyAtRiskWhoHasJustBought) {
  State state = State::kNone;
  Evidence evidence = Bought(0.9);
  evidence.dropped = true;
  EXPECT_EQ(Step(kThresholds, evidence, state), Crossing::kNone);
}

TEST(AlertTest, FindsTheStateUnderANewModelWithoutARecord) {
  EXPECT_EQ(Baseline(kThresholds, Silent(0.50), State::kNone), State::kNone);
  EXPECT_EQ(Baseline(kThresholds, Silent(0.20), State::kNone), State::kAtRisk);
  EXPECT_EQ(Baseline(kThresholds, Silent(0.05), State::kNone), State::kLapsed);
  EXPECT_EQ(Baseline(kThresholds, Silent(0.90), State::kAtRisk), State::kAtRisk);
}

// Random scores stand for models that come and go: they may raise the score in silence.
TEST(AlertTest, AlertsOnceAtMostBetweenTwoPurchases) {
  Random random(17);
  State state = State::kNone;
  int alerts = 0;
  int recoveries = 0;
  int alerts_of_spell = 0;
  for (int i = 0; i < 100'000; ++i) {
    Evidence evidence;
    evidence.purchased = random.Chance(0.1);
    evidence.score = random.Uniform();
    evidence.prior_score = evidence.purchased ? evidence.score : random.Uniform();
    evidence.tier = static_cast<Tier>(random.Below(3));
    evidence.dropped = random.Chance(0.05);
    if (evidence.purchased) alerts_of_spell = 0;
    const State before = state;
    const Crossing crossing = Step(kThresholds, evidence, state);
    EXPECT_EQ(crossing == Crossing::kNone, state == before);
    if (crossing == Crossing::kAtRisk) {
      ++alerts;
      EXPECT_EQ(before, State::kNone);
      EXPECT_EQ(++alerts_of_spell, 1);
    }
    EXPECT_TRUE(crossing != Crossing::kLapsed || before == State::kAtRisk);
    if (crossing == Crossing::kRecovered) ++recoveries;
  }
  EXPECT_GT(alerts, 1'000);
  EXPECT_GT(recoveries, 1'000);
}

TEST(AlertTest, TellsTheTimerTheScoreAtWhichItSteps) {
  for (const State from : {State::kNone, State::kAtRisk}) {
    const auto below = NextStepBelow(kThresholds, from, 0.9, Tier::kHigh);
    ASSERT_TRUE(below);
    State state = from;
    EXPECT_EQ(Step(kThresholds, Silent(*below), state), Crossing::kNone);
    EXPECT_NE(Step(kThresholds, Silent(*below - 1e-9), state), Crossing::kNone);
  }
  EXPECT_EQ(NextStepBelow(kThresholds, State::kLapsed, 0.9, Tier::kHigh), std::nullopt);
}

TEST(AlertTest, SaysWhatARetentionTeamWantsToRead) {
  EXPECT_EQ(Text({.idle_days = 41.7, .usual_gap_days = 9.2, .value = 181.6, .currency = "EUR"}),
            "41 days since the last order; usually orders every 9 days; 182 EUR expected over the "
            "next year");
  EXPECT_EQ(
      Text({.idle_days = 1.2, .usual_gap_days = 1, .value = 3.456}),
      "1 day since the last order; usually orders every day; 3.46 expected over the next year");
  EXPECT_EQ(Text({.idle_days = 100, .usual_gap_days = kNan, .value = kNan}),
            "100 days since the last order");
  EXPECT_EQ(Text({.crossing = Crossing::kRecovered, .usual_gap_days = 9, .value = 182}),
            "ordered again; usually orders every 9 days; 182 expected over the next year");
}

TEST(AlertTest, NamesWhatItPublishes) {
  EXPECT_EQ(StateName(State::kNone), "none");
  EXPECT_EQ(StateName(State::kAtRisk), "at_risk");
  EXPECT_EQ(StateName(State::kLapsed), "lapsed");
  EXPECT_EQ(CrossingName(Crossing::kRecovered), "recovered");
  EXPECT_EQ(Level(Tier::kHigh), "high");
  EXPECT_EQ(Level(Tier::kMid), "medium");
  EXPECT_EQ(Level(Tier::kLow), "medium");
}

}  // namespace
}  // namespace segmentd::risk
