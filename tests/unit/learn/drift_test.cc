#include "segmentd/learn/drift.h"

#include <gtest/gtest.h>

#include <cmath>

#include "customers.h"
#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

std::vector<double> Normals(int count, std::uint64_t seed, double mean = 0) {
  Random random(seed);
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(mean + random.Normal());
  return values;
}

std::vector<double> Ones(std::size_t count) { return std::vector<double>(count, 1); }

Shift Compare(const std::vector<double>& before, const std::vector<double>& after) {
  const model::Histogram histogram = MakeHistogram(before, Ones(before.size()));
  return MeasureShift(histogram, static_cast<double>(before.size()),
                      CountInto(histogram, after, Ones(after.size())));
}

TEST(HistogramTest, CutsIntoTenthsAndGivesWhatIsFrequentABinOfItsOwn) {
  const model::Histogram even = MakeHistogram(Normals(1'000, 1), Ones(1'000));
  ASSERT_EQ(even.edges.size(), 9U);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(even.shares[i], 0.1, 0.002);
  EXPECT_EQ(even.shares.back(), 0);

  std::vector<double> values = Normals(400, 2, 10);
  values.resize(1'000, 0);
  values[999] = kMissing;
  const model::Histogram inflated = MakeHistogram(values, Ones(1'000));
  EXPECT_EQ(inflated.edges.front(), 0);
  EXPECT_NEAR(inflated.shares.front(), 0.599, 1e-9);
  EXPECT_NEAR(inflated.shares.back(), 0.001, 1e-9);
  EXPECT_EQ(MakeHistogram(std::vector<double>(50, 3), Ones(50)).edges.size(), 0U);
}

// The floor of the note on which this rests: 0.056 of ten bins at 1,000 rows on either side.
TEST(ShiftTest, KnowsWhatChanceGives) {
  int above = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Shift shift = Compare(Normals(1'000, seed), Normals(1'000, seed + 1'000));
    EXPECT_NEAR(shift.floor, 0.056, 0.002);
    above += shift.psi > shift.floor ? 1 : 0;
    EXPECT_FALSE(shift.drifted);
  }
  EXPECT_LE(above, 3);
  // A bare tenth would have called this a shift; a small window knows better.
  EXPECT_GT(Compare(Normals(300, 1), Normals(300, 2)).floor, 0.18);
}

TEST(ShiftTest, SeesAChange) {
  EXPECT_TRUE(Compare(Normals(1'000, 1), Normals(1'000, 2, 0.4)).noticed);
  EXPECT_TRUE(Compare(Normals(1'000, 1), Normals(1'000, 2, 0.8)).drifted);
  std::vector<double> missing = Normals(1'000, 3);
  for (std::size_t i = 0; i < 300; ++i) missing[i] = kMissing;
  EXPECT_TRUE(Compare(Normals(1'000, 1), missing).drifted);
}

TEST(MeasureDriftTest, AlarmsWhenCustomersChangeAndNotOtherwise) {
  const auto trained = Retrain(nullptr, MakeRows({.customers = 1'000}), SmallOptions(), {});
  ASSERT_TRUE(trained.ok());
  const model::Bundle& bundle = trained->challenger;
  const DriftReport same = MeasureDrift(bundle, MakeRows({.customers = 800, .seed = 9}));
  ASSERT_EQ(same.features.size(), bundle.features.size());
  EXPECT_FALSE(same.alarm) << same.reason;
  EXPECT_LT(same.shares.psi, 0.05);

  const DriftReport dearer =
      MeasureDrift(bundle, MakeRows({.customers = 800, .seed = 9, .shift = 3}));
  EXPECT_TRUE(dearer.alarm);
  EXPECT_NE(dearer.reason.find("of the features' weight has drifted"), std::string::npos);
  EXPECT_FALSE(dearer.features[1].drifted);  // tenure
  EXPECT_TRUE(dearer.features[4].drifted);   // aov

  Rows other = MakeRows({.customers = 800});
  other.schema.features[0] = "gap_cv";
  EXPECT_TRUE(MeasureDrift(bundle, other).features.empty());
}

TEST(AdwinTest, SeesAJumpSoonAndForgetsWhatWasBefore) {
  Random random(1);
  Adwin adwin;
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_FALSE(adwin.Add(0.2 + 0.1 * (random.Uniform() - 0.5))) << i;
  }
  int at = 0;
  while (!adwin.Add(0.6 + 0.1 * (random.Uniform() - 0.5))) ASSERT_LT(++at, 100);
  EXPECT_LE(at, 64);
  for (int i = 0; i < 500; ++i) adwin.Add(0.6);
  EXPECT_NEAR(adwin.mean(), 0.6, 0.02);
  EXPECT_LT(adwin.size(), 700U);
}

TEST(AdwinTest, FollowsAFallWithoutAWord) {
  Random random(1);
  Adwin adwin;
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_FALSE(adwin.Add((i < 1'000 ? 0.6 : 0.2) + 0.1 * random.Uniform())) << i;
  }
  EXPECT_NEAR(adwin.mean(), 0.25, 0.02);
}

TEST(AdwinTest, SeldomAlarmsWhereNothingChanges) {
  int alarms = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    Adwin adwin;
    for (int i = 0; i < 5'000; ++i) alarms += adwin.Add(random.Uniform()) ? 1 : 0;
  }
  EXPECT_LE(alarms, 2);
}

TEST(AdwinTest, SeesASlowRise) {
  Random random(3);
  Adwin adwin;
  int alarms = 0;
  for (int i = 0; i < 6'000; ++i) {
    alarms += adwin.Add(0.2 + 0.5 * i / 6'000 + 0.1 * random.Uniform()) ? 1 : 0;
  }
  EXPECT_GE(alarms, 2);
  EXPECT_GT(adwin.mean(), 0.55);
}

}  // namespace
}  // namespace segmentd::learn
