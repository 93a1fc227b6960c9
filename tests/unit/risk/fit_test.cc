#include "segmentd/risk/fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "segmentd/base/random.h"
#include "support/shops.h"

namespace segmentd::risk {
namespace {

struct Truth {
  double r = 0.8;
  double alpha = 5;
  double leaves_a = 1;  // 0: nobody leaves
  double leaves_b = 3;
  double spend_with_days = 0;  // how much a repeat day adds to the mean spend
};

double Beta(Random& random, double a, double b) {
  const double x = random.Gamma(a, 1);
  return x / (x + random.Gamma(b, 1));
}

// Customers of a year, by the story that the model tells.
Table Simulate(const Truth& truth, int customers, std::uint64_t seed) {
  Random random(seed);
  Table table;
  for (int i = 0; i < customers; ++i) {
    const double age = static_cast<double>(10 + random.Below(355)) / 7;
    const double rate = random.Gamma(truth.r, 1 / truth.alpha);
    const double leaving = truth.leaves_a > 0 ? Beta(random, truth.leaves_a, truth.leaves_b) : 0;
    History history{0, 0, age, std::numeric_limits<double>::quiet_NaN()};
    double at = 0;
    while (!random.Chance(leaving)) {
      at += random.Exponential(1 / rate);
      if (at > age) break;
      ++history.frequency;
      history.recency_weeks = std::floor(at * 7) / 7;
    }
    if (history.frequency > 0) {
      const double scale = random.Gamma(4, 0.25);
      history.monetary = 3 * random.Gamma(6 * history.frequency, 10 / scale) / history.frequency +
                         truth.spend_with_days * history.frequency;
    }
    table.Add(history);
  }
  return table;
}

TEST(FitTest, FindsWhatASimulationWasMadeWith) {
  const Table table = Simulate({}, 20'000, 1);
  const Fit fit = FitParameters(table.view(), {});
  EXPECT_EQ(fit.parameters.kind, Kind::kMbgNbd);
  EXPECT_NEAR(fit.parameters.r, 0.8, 0.08);
  EXPECT_NEAR(fit.parameters.alpha, 5, 0.5);
  EXPECT_NEAR(fit.parameters.a / (fit.parameters.a + fit.parameters.b), 0.25, 0.02);
  EXPECT_EQ(fit.report.customers, 20'000U);
  EXPECT_LT(fit.report.distinct, 20'000U);
  EXPECT_TRUE(fit.report.notes.empty()) << fit.report.notes.front();
  EXPECT_NEAR(fit.report.log_likelihood, LogLikelihood(fit.parameters, table.view()), 1e-6);
}

TEST(FitTest, GivesTheSameParametersForTheSameCustomers) {
  const Table table = Simulate({}, 2'000, 2);
  const Fit once = FitParameters(table.view(), {});
  const Fit again = FitParameters(table.view(), {});
  EXPECT_EQ(once.parameters.r, again.parameters.r);
  EXPECT_EQ(once.parameters.b, again.parameters.b);
  EXPECT_EQ(once.parameters.tier_high, again.parameters.tier_high);
}

TEST(FitTest, DoesNotDependOnTheUnitOfTimeOrMoney) {
  Table table = Simulate({}, 5'000, 3);
  const Fit weeks = FitParameters(table.view(), {});
  for (double& value : table.recency_weeks) value *= 100;
  for (double& value : table.age_weeks) value *= 100;
  for (double& value : table.monetary) value *= 1e6;
  const Fit longer = FitParameters(table.view(), {});
  EXPECT_NEAR(longer.parameters.r / weeks.parameters.r, 1, 1e-4);
  EXPECT_NEAR(longer.parameters.alpha / weeks.parameters.alpha, 100, 1e-2);
  EXPECT_NEAR(longer.parameters.a / weeks.parameters.a, 1, 1e-3);
  EXPECT_NEAR(longer.parameters.spend_mean / weeks.parameters.spend_mean, 1e6, 1e3);
}

TEST(FitTest, SeesThatNobodyLeaves) {
  Truth truth;
  truth.leaves_a = 0;
  const Fit fit = FitParameters(Simulate(truth, 5'000, 4).view(), {});
  EXPECT_EQ(fit.parameters.kind, Kind::kNbd);
  EXPECT_NEAR(fit.parameters.r, 0.8, 0.1);
  ASSERT_EQ(fit.report.notes.size(), 1U);
  EXPECT_NE(fit.report.notes[0].find("nobody is seen to leave"), std::string::npos);
}

TEST(FitTest, KeepsWhatWasLearnedBeforeWhereThereIsTooLittle) {
  const Fit good = FitParameters(Simulate({}, 5'000, 5).view(), {});
  for (const int customers : {0, 1, 50}) {
    const Fit fit = FitParameters(Simulate({}, customers, 6).view(), good.parameters);
    EXPECT_EQ(fit.parameters.kind, good.parameters.kind);
    EXPECT_EQ(fit.parameters.alpha, good.parameters.alpha);
    EXPECT_EQ(fit.parameters.tier_mid, good.parameters.tier_mid);
    EXPECT_FALSE(fit.report.notes.empty());
    EXPECT_EQ(FitParameters(Simulate({}, customers, 6).view(), {}).parameters.kind, Kind::kNone);
  }
}

TEST(FitTest, RefusesAHistoryOfOneDay) {
  Table table;
  for (int i = 0; i < 1'000; ++i) table.Add({static_cast<double>(i % 2), 0, 0, 10});
  const Fit fit = FitParameters(table.view(), {});
  EXPECT_EQ(fit.parameters.kind, Kind::kNone);
  ASSERT_EQ(fit.report.notes.size(), 1U);
  EXPECT_NE(fit.report.notes[0].find("no model of purchases fits"), std::string::npos);
}

TEST(FitTest, GivesUsableParametersForAbsurdHistories) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const double values[] = {0, 1, 2, 1e300, -1e300, kNan, 1e-300, 5, INFINITY};
  Random random(7);
  for (int round = 0; round < 30; ++round) {
    Table table;
    const std::size_t kinds = 2 + random.Below(8);
    for (int i = 0; i < 300; ++i) {
      table.Add({values[random.Below(kinds)], values[random.Below(kinds)],
                 values[random.Below(kinds)], values[random.Below(kinds)]});
    }
    const Fit fit = FitParameters(table.view(), {});
    EXPECT_TRUE(CheckParameters(fit.parameters).ok());
    EXPECT_TRUE(fit.parameters.kind != Kind::kNone || !fit.report.notes.empty());
  }
}

TEST(FitTest, ShrinksTheMeanWhereSpendGoesWithFrequency) {
  Truth truth;
  truth.spend_with_days = 200;
  const Fit fit = FitParameters(Simulate(truth, 5'000, 8).view(), {});
  EXPECT_EQ(fit.report.p, 0);
  EXPECT_EQ(fit.parameters.spend_weight, 3);
  ASSERT_EQ(fit.report.notes.size(), 1U);
  EXPECT_NE(fit.report.notes[0].find("spend goes with frequency"), std::string::npos);
}

TEST(FitTest, PutsHalfOfTheCustomersBelowTheMiddleAndAFifthOnTop) {
  const Table table = Simulate({}, 5'000, 9);
  const Fit fit = FitParameters(table.view(), {});
  int low = 0;
  int high = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Tier tier = TierOf(fit.parameters, table.at(i));
    low += tier == Tier::kLow ? 1 : 0;
    high += tier == Tier::kHigh ? 1 : 0;
  }
  // Customers of one purchase are all alike and stand on one side.
  EXPECT_GE(low, 2'500);
  EXPECT_NEAR(high, 1'000, 10);
}

}  // namespace
}  // namespace segmentd::risk
