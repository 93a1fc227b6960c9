#include "segmentd/learn/churn.h"

#include <gtest/gtest.h>

#include <cmath>

#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

// Customers who buy again with a probability that the parameters take for `told(p)`.
template <typename Told>
ChurnLearner Taught(int labels, const Told& told) {
  Random random(6);
  ChurnLearner learner;
  for (int i = 0; i < labels; ++i) {
    const double truth = 0.02 + 0.9 * random.Uniform();
    learner.Learn({.active_probability = told(truth),
                   .idle_days = 200 * (1 - truth) * random.Uniform(),
                   .frequency = std::floor(8 * random.Uniform()),
                   .age_weeks = 50 * random.Uniform()},
                  random.Chance(truth));
  }
  return learner;
}

TEST(ChurnLearnerTest, LeavesAProbabilityAloneThatIsRight) {
  const ChurnLearner learner = Taught(6'000, [](double p) { return p; });
  EXPECT_FALSE(learner.is_champion());
  EXPECT_NEAR(learner.regression_brier(), learner.probability_brier(), 0.003);
  const ChurnRow row = {.active_probability = 0.4, .idle_days = 20, .frequency = 2, .age_weeks = 9};
  EXPECT_EQ(learner.Score(row), 0.4);
}

TEST(ChurnLearnerTest, MendsOneThatIsOffOnceItHasLabelsEnough) {
  const auto half = [](double p) { return p / 2; };
  EXPECT_FALSE(Taught(1'999, half).is_champion());
  const ChurnLearner learner = Taught(6'000, half);
  ASSERT_TRUE(learner.is_champion());
  EXPECT_LT(learner.regression_brier(), learner.probability_brier() - 0.02);
  const ChurnRow row = {
      .active_probability = 0.3, .idle_days = 40, .frequency = 3, .age_weeks = 25};
  EXPECT_NEAR(learner.Score(row), 0.6, 0.1);
}

TEST(ChurnLearnerTest, NeverScoresLongerSilenceHigher) {
  // Labels that say the reverse: the longer idle, the likelier to buy.
  Random random(1);
  ChurnLearner learner;
  for (int i = 0; i < 5'000; ++i) {
    const double idle = 300 * random.Uniform();
    learner.Learn({.active_probability = 0.5, .idle_days = idle, .frequency = 1, .age_weeks = 60},
                  random.Chance(idle / 300));
  }
  double last = 1;
  for (double idle = 0; idle < 400; idle += 10) {
    const double score = learner.Regression(
        {.active_probability = 0.5, .idle_days = idle, .frequency = 1, .age_weeks = 60});
    EXPECT_LE(score, last);
    last = score;
  }
}

TEST(ChurnLearnerTest, StaysFiniteForAnyNumbers) {
  ChurnLearner learner;
  for (const double p : {0.0, 1.0, 0.5}) {
    learner.Learn({.active_probability = p, .idle_days = -5, .frequency = 1e12, .age_weeks = 0},
                  p < 0.7);
    EXPECT_TRUE(std::isfinite(learner.Regression({.active_probability = p})));
  }
}

}  // namespace
}  // namespace segmentd::learn
