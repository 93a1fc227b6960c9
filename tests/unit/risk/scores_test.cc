#include "segmentd/risk/scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "segmentd/base/random.h"

namespace segmentd::risk {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The published fits of the CDNOW sample.
Parameters BgNbd() {
  return {.kind = Kind::kBgNbd,
          .r = 0.2426,
          .alpha = 4.4136,
          .a = 0.7929,
          .b = 2.4259,
          .spend_mean = 35,
          .spend_weight = 0.4,
          .tier_mid = 15,
          .tier_high = 100};
}

Parameters MbgNbd() {
  Parameters parameters = BgNbd();
  parameters.kind = Kind::kMbgNbd;
  parameters.r = 0.525;
  parameters.alpha = 6.183;
  parameters.a = 0.891;
  parameters.b = 1.614;
  return parameters;
}

Parameters Nbd() {
  Parameters parameters = MbgNbd();
  parameters.kind = Kind::kNbd;
  parameters.a = parameters.b = 0;
  return parameters;
}

Parameters RandomParameters(Random& random) {
  const auto spread = [&] { return std::exp(1.5 * random.Normal()); };
  Parameters parameters = MbgNbd();
  parameters.kind = static_cast<Kind>(1 + random.Below(3));
  parameters.r = spread();
  parameters.alpha = 10 * spread();
  parameters.a = spread();
  parameters.b = 2 * spread();
  return parameters;
}

History RandomHistory(Random& random) {
  History history;
  history.frequency = static_cast<double>(random.Below(60));
  history.recency_weeks = history.frequency == 0 ? 0 : 200 * random.Uniform();
  history.age_weeks = history.recency_weeks + 100 * random.Uniform();
  if (history.frequency > 0) history.monetary = random.Exponential(50);
  return history;
}

// The integral of f over (0, 1), singular ends included, by the double exponential rule.
double Integrate(const std::function<double(double, double)>& f) {
  constexpr double kHalfPi = 1.5707963267948966;
  constexpr double kStep = 1.0 / 256;
  double sum = 0;
  for (int i = -1500; i <= 1500; ++i) {
    const double t = i * kStep;
    const double u = kHalfPi * std::sinh(t);
    const double x = 1 / (1 + std::exp(-2 * u));
    const double rest = 1 / (1 + std::exp(2 * u));
    if (x > 0 && rest > 0) sum += f(x, rest) * x * rest * 2 * kHalfPi * std::cosh(t);
  }
  return sum * kStep;
}

// Of a customer who is there, by the mean over the probability of leaving.
double PurchasesByIntegral(const Parameters& parameters, const History& history, double weeks) {
  const double rate = parameters.r + history.frequency;
  const double seen = parameters.alpha + history.age_weeks;
  const double stayed =
      parameters.b + history.frequency + (parameters.kind == Kind::kMbgNbd ? 1 : 0);
  const double log_beta =
      std::lgamma(parameters.a) + std::lgamma(stayed) - std::lgamma(parameters.a + stayed);
  return Integrate([&](double p, double rest) {
    const double density =
        std::exp((parameters.a - 1) * std::log(p) + (stayed - 1) * std::log(rest) - log_beta);
    return density * -std::expm1(-rate * std::log1p(p * weeks / seen)) / p;
  });
}

TEST(ScoresTest, GivesThePublishedFigures) {
  EXPECT_NEAR(ExpectedPurchases(BgNbd(), {2, 30.43, 38.86, kNan}, 39), 1.226, 0.0005);
  Parameters rounded = BgNbd();
  rounded.r = 0.243;
  rounded.alpha = 4.414;
  EXPECT_NEAR(1 - ActiveProbability(rounded, {}, 39), 0.57379, 0.000005);
}

TEST(ScoresTest, ExpectsPurchasesAsTheIntegralOverLeavingSays) {
  Random random(7);
  for (int i = 0; i < 300; ++i) {
    Parameters parameters = RandomParameters(random);
    parameters.kind = random.Chance(0.5) ? Kind::kMbgNbd : Kind::kBgNbd;
    // Below, the rule would miss what lies nearer to 0 than the least double.
    parameters.a = std::max(parameters.a, 0.1);
    const History history = RandomHistory(random);
    const double weeks = 100 * random.Uniform();
    const double expected =
        AliveProbability(parameters, history) * PurchasesByIntegral(parameters, history, weeks);
    EXPECT_NEAR(ExpectedPurchases(parameters, history, weeks), expected, 1e-7 * expected + 1e-12)
        << "r " << parameters.r << " alpha " << parameters.alpha << " a " << parameters.a << " b "
        << parameters.b << " x " << history.frequency << " T " << history.age_weeks;
  }
}

TEST(ScoresTest, HasNoGapWhereTheFormulaDividesByZero) {
  for (Parameters parameters : {BgNbd(), MbgNbd()}) {
    for (const double a : {1.0, 1 - 1e-7, 1 + 1e-9}) {
      parameters.a = a;
      const History history{3, 20, 30, 10};
      const double expected =
          AliveProbability(parameters, history) * PurchasesByIntegral(parameters, history, 52);
      EXPECT_NEAR(ExpectedPurchases(parameters, history, 52), expected, 1e-5 * expected);
    }
  }
  Parameters parameters = BgNbd();
  parameters.a = 0.4;
  parameters.b = 0.6;
  EXPECT_NEAR(ExpectedPurchases(parameters, {}, 39), PurchasesByIntegral(parameters, {}, 39), 1e-5);
}

TEST(ScoresTest, ApproachesTheCustomersWhoNeverLeave) {
  Parameters hardly = MbgNbd();
  hardly.a = 1e-3;
  hardly.b = 1e4;
  Random random(3);
  for (int i = 0; i < 100; ++i) {
    const History history = RandomHistory(random);
    // Long silence after frequent purchases has one explanation only, however unlikely before.
    if (AliveProbability(hardly, history) < 0.99999) continue;
    EXPECT_NEAR(ActiveProbability(hardly, history, 13), ActiveProbability(Nbd(), history, 13),
                1e-4);
    EXPECT_NEAR(ExpectedPurchases(hardly, history, 13) / ExpectedPurchases(Nbd(), history, 13), 1,
                1e-3);
  }
}

TEST(ScoresTest, FallsAsSilenceGrows) {
  Random random(11);
  for (int i = 0; i < 300; ++i) {
    const Parameters parameters = RandomParameters(random);
    History history = RandomHistory(random);
    double active = 1;
    double alive = 1;
    double value = std::numeric_limits<double>::max();
    for (double silence = 0; silence < 600; silence = 1.1 * silence + 0.01) {
      history.age_weeks = history.recency_weeks + silence;
      const double active_now = ActiveProbability(parameters, history, 13);
      const double alive_now = AliveProbability(parameters, history);
      const double value_now = Value(parameters, history, kYearWeeks);
      EXPECT_LE(active_now, active);
      EXPECT_LE(alive_now, alive);
      EXPECT_LE(value_now, value * (1 + 1e-8));
      EXPECT_LE(active_now, alive_now);
      active = active_now;
      alive = alive_now;
      value = value_now;
    }
    EXPECT_GE(active, 0);
  }
}

TEST(ScoresTest, IsFiniteForAbsurdHistories) {
  const std::vector<double> absurd = {0,    1,      -1,        0.5,  1e9, 1e300,     -1e300,
                                      kNan, 1e-300, kInfinity, 64.0, 1e6, -kInfinity};
  for (const Parameters& parameters : {BgNbd(), MbgNbd(), Nbd()}) {
    for (const double x : absurd) {
      for (const double recency : absurd) {
        for (const double age : absurd) {
          const History history{x, recency, age, x};
          const double active = ActiveProbability(parameters, history, 13);
          EXPECT_TRUE(active >= 0 && active <= 1) << active;
          const double alive = AliveProbability(parameters, history);
          EXPECT_TRUE(alive >= 0 && alive <= 1) << alive;
          EXPECT_TRUE(std::isfinite(ExpectedPurchases(parameters, history, 52)));
          EXPECT_TRUE(std::isfinite(Value(parameters, history, 1e300)));
          const auto silence = SilenceUntilBelow(parameters, history, 13, 0.35);
          EXPECT_TRUE(!silence || (*silence >= 0 && *silence < 530));
        }
      }
    }
  }
}

TEST(ScoresTest, CrossesTheThresholdWhereItSays) {
  constexpr double kMillisecond = 1e-3 / (7 * 86'400);
  Random random(5);
  int crossings = 0;
  for (int i = 0; i < 500; ++i) {
    const Parameters parameters = RandomParameters(random);
    History history = RandomHistory(random);
    const double threshold = random.Uniform();
    const auto silence = SilenceUntilBelow(parameters, history, 13, threshold);
    const auto score = [&](double weeks) {
      history.age_weeks = history.recency_weeks + weeks;
      return ActiveProbability(parameters, history, 13);
    };
    if (!silence) {
      EXPECT_GE(score(10 * kYearWeeks), threshold);
      continue;
    }
    EXPECT_LT(score(*silence), threshold);
    if (*silence == 0) continue;
    ++crossings;
    EXPECT_GE(score(*silence - kMillisecond), threshold);
  }
  EXPECT_GT(crossings, 100);
}

TEST(ScoresTest, MeetsTheClosedFormOfACrossing) {
  // With a horizon beyond all bounds the score is the probability to be there.
  const Parameters parameters = MbgNbd();
  const History history{8, 40, 40, 20};
  const double exponent = 1 / (parameters.r + history.frequency);
  const double ratio = (1 - 0.35) / 0.35 * (parameters.b + history.frequency) / parameters.a;
  const double until =
      (parameters.alpha + history.recency_weeks) * std::pow(ratio, exponent) - parameters.alpha;
  const auto silence = SilenceUntilBelow(parameters, history, 1e6, 0.35);
  ASSERT_TRUE(silence);
  EXPECT_NEAR(*silence, until - history.recency_weeks, 1e-6);
}

TEST(ScoresTest, ShrinksFewRepeatDaysTowardsTheMeanSpend) {
  Parameters parameters = MbgNbd();
  parameters.spend_mean = 40;
  parameters.spend_weight = 3;
  EXPECT_EQ(ExpectedSpend(parameters, {}), 40);
  EXPECT_DOUBLE_EQ(ExpectedSpend(parameters, {1, 2, 3, 80}), 50);
  EXPECT_DOUBLE_EQ(ExpectedSpend(parameters, {9, 2, 3, 80}), 70);
  EXPECT_DOUBLE_EQ(ExpectedSpend(parameters, {9, 2, 3, 0}), 10);
}

TEST(ScoresTest, GradesValueAsOfTheLastPurchase) {
  Parameters parameters = MbgNbd();
  const History once{};
  const History often{20, 30, 30, 60};
  EXPECT_EQ(TierName(TierOf(parameters, often)), "high");
  EXPECT_EQ(TierOf(parameters, {20, 30, 90, 60}), TierOf(parameters, often));
  parameters.tier_mid = Value(parameters, once, kYearWeeks);
  parameters.tier_high = 2 * parameters.tier_mid;
  EXPECT_EQ(TierName(TierOf(parameters, once)), "mid");
  parameters.tier_mid *= 1.01;
  EXPECT_EQ(TierName(TierOf(parameters, once)), "low");
}

TEST(ScoresTest, GivesABatchTheBitsOfItsHistories) {
  Random random(13);
  std::vector<double> frequency, recency, age, monetary;
  for (int i = 0; i < 777; ++i) {
    const History history = RandomHistory(random);
    frequency.push_back(history.frequency);
    recency.push_back(history.recency_weeks);
    age.push_back(history.age_weeks);
    monetary.push_back(history.monetary);
  }
  for (const Parameters& parameters : {BgNbd(), MbgNbd(), Nbd()}) {
    std::vector<double> active(777), value(777);
    ActiveProbabilities(parameters, {frequency, recency, age, monetary}, 13, active);
    Values(parameters, {frequency, recency, age, monetary}, kYearWeeks, value);
    for (std::size_t i = 0; i < 777; ++i) {
      const History history{frequency[i], recency[i], age[i], monetary[i]};
      EXPECT_EQ(active[i], ActiveProbability(parameters, history, 13));
      EXPECT_EQ(value[i], Value(parameters, history, kYearWeeks));
    }
  }
}

}  // namespace
}  // namespace segmentd::risk
