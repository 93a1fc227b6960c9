#include "segmentd/model/scaler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "positions.h"
#include "segmentd/base/hash.h"

namespace segmentd::model {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Matrix Scaled(const Scaler& scaler, const RawMatrix& raw) {
  Matrix scaled;
  scaler.Apply(raw, static_cast<int>(raw.cols()), scaled);
  return scaled;
}

// What a row without clipping in the way makes of one value.
float Transform1(Transform transform, float unit, double value) {
  const Scaler scaler{{{.transform = transform, .unit = unit, .spread = 100, .weight = 100}}};
  return Scaled(scaler, RawMatrix::Constant(1, 1, value))(0, 0);
}

TEST(ScalerTest, TransformsAsTheMathematicalFunctions) {
  for (const double value : {0.0, 1e-3, 0.5, 1.0, 7.25, 399.0, 1e6, 1e12}) {
    EXPECT_NEAR(Transform1(Transform::kLog1p, 2, value), std::log1p(value / 2), 4e-6) << value;
    EXPECT_NEAR(Transform1(Transform::kAsinh, 3, value), std::asinh(value / 3), 4e-6) << value;
    EXPECT_NEAR(Transform1(Transform::kAsinh, 3, -value), -std::asinh(value / 3), 4e-6) << value;
  }
  for (const double share : {0.0, 0.01, 0.3, 1.0}) {
    EXPECT_NEAR(Transform1(Transform::kSqrt, 1, share), std::sqrt(share), 1e-6) << share;
  }
  EXPECT_NEAR(Transform1(Transform::kIdentity, 1, -12.5), -12.5, 1e-5);
}

// The number was computed with the widest instructions; a build with sanitizers takes the
// narrowest.
TEST(ScalerTest, GivesTheSameBitsAtEveryLevelOfTheInstructionSet) {
  Scaler scaler;
  for (const auto transform :
       {Transform::kIdentity, Transform::kLog1p, Transform::kAsinh, Transform::kSqrt}) {
    scaler.rows.push_back(
        {.transform = transform, .unit = 3, .centre = 0.7F, .spread = 1.3F, .weight = 0.9F});
  }
  constexpr Eigen::Index kPoints = 4 * 1024;
  RawMatrix raw(4, kPoints);
  for (Eigen::Index j = 0; j < kPoints; ++j) {
    raw.col(j).setConstant(std::ldexp(j % 2 == 0 ? 1.0 + 0.37 * static_cast<double>(j % 7) : -1.1,
                                      static_cast<int>(j % 80) - 30));
  }
  const Matrix scaled = Scaled(scaler, raw);
  const auto bytes = static_cast<std::size_t>(scaled.size()) * sizeof(float);
  EXPECT_EQ(Hash64({reinterpret_cast<const char*>(scaled.data()), bytes}), 15238389368503281201U);
}

TEST(ScalerTest, KeepsValuesOutsideTheDomainAtItsEdge) {
  EXPECT_EQ(Transform1(Transform::kLog1p, 1, -5), 0);
  EXPECT_EQ(Transform1(Transform::kSqrt, 1, -0.1), 0);
  EXPECT_NEAR(Transform1(Transform::kSqrt, 1, 1.5), 1, 1e-6);
  EXPECT_TRUE(std::isfinite(Transform1(Transform::kAsinh, 1, -1e308)));
  EXPECT_TRUE(std::isfinite(Transform1(Transform::kLog1p, 1e-6F, 1e308)));
}

TEST(ScalerTest, GivesZeroForMissingNonFiniteAndConstant) {
  const Scaler scaler{{{.centre = 5}, {.centre = 5, .constant = true}}};
  RawMatrix raw(2, 4);
  raw << kMissing, kInfinity, -kInfinity, 6, 1, 2, 3, 4;
  Matrix expected(2, 4);
  expected << 0, 0, 0, 1, 0, 0, 0, 0;
  EXPECT_EQ(Scaled(scaler, raw).leftCols(4), expected);
}

TEST(ScalerTest, ClipsAtFourSpreadsBeforeItWeighs) {
  const Scaler scaler{{{.centre = 1, .spread = 2, .weight = 0.5F}}};
  RawMatrix raw(1, 3);
  raw << 1e9, -1e9, 4;
  Matrix expected(1, 3);
  expected << 2, -2, 0.75F;
  EXPECT_EQ(Scaled(scaler, raw).leftCols(3), expected);
}

TEST(ScalerTest, FillsWholeBlocksWithZeros) {
  const Scaler scaler{{{.centre = 5}}};
  Matrix scaled;
  scaler.Apply(RawMatrix::Constant(1, 200, 6), 65, scaled);
  ASSERT_EQ(scaled.cols(), 2 * kBlockColumns);
  EXPECT_TRUE((scaled.leftCols(65).array() == 1).all());
  EXPECT_TRUE((scaled.rightCols(63).array() == 0).all());
  scaler.Apply(RawMatrix(1, 0), 0, scaled);
  EXPECT_EQ(scaled.cols(), 0);
}

TEST(ScalerTest, GivesAColumnTheSameBitsAtEveryPosition) {
  const Scaler scaler{{{.transform = Transform::kLog1p, .unit = 3, .centre = 1.1F, .spread = 0.7F},
                       {.transform = Transform::kAsinh, .unit = 7, .centre = 0.1F, .spread = 1.3F},
                       {.transform = Transform::kSqrt, .centre = 0.3F, .spread = 0.3F},
                       {.centre = 0.3F, .spread = 0.11F, .weight = 0.37F}}};
  RawMatrix columns(4, 5);
  columns << 17.3, 0, kMissing, 1e7, 0.02,  //
      -4.4, 19, 0.001, -1e9, kMissing,      //
      0.15, 0.77, 1, kMissing, 0.3,         //
      0.37, -0.4, 0.5, 0.123, 0.9;
  ExpectSameBitsAtEveryPosition<RawMatrix>(
      columns, [&](const RawMatrix& raw) { return Scaled(scaler, raw); });
}

ScalerRow Fitted(const RawMatrix& raw, Spread spread, const ScalerRow& prototype = {}) {
  return FitScaler(raw, std::vector<ScalerRow>{prototype}, spread).rows.front();
}

RawMatrix Row(std::initializer_list<double> values) {
  RawMatrix raw(1, static_cast<Eigen::Index>(values.size()));
  std::copy(values.begin(), values.end(), raw.data());
  return raw;
}

TEST(FitScalerTest, MeasuresMeanAndPopulationDeviationWithoutTheMissing) {
  RawMatrix raw(1, 101);
  for (int i = 0; i < 101; ++i) raw(0, i) = i % 2 == 0 ? 3 : 7;
  raw(0, 100) = kMissing;
  const ScalerRow row = Fitted(raw, Spread::kStandard);
  EXPECT_FLOAT_EQ(row.centre, 5);
  EXPECT_FLOAT_EQ(row.spread, 2);
  EXPECT_FALSE(row.constant);
}

TEST(FitScalerTest, MeasuresWhatTheTransformMakesOfTheValues) {
  const ScalerRow row = Fitted(Row({0, 0, 2 * (std::exp(2.0) - 1), 2 * (std::exp(2.0) - 1)}),
                               Spread::kStandard, {.transform = Transform::kLog1p, .unit = 2});
  EXPECT_NEAR(row.centre, 1, 1e-6);
  EXPECT_NEAR(row.spread, 1, 1e-6);
  EXPECT_EQ(row.unit, 2);
}

TEST(FitScalerTest, IsNotMovedByOneAbsurdValueInThousands) {
  RawMatrix raw(1, 5000);
  for (int i = 0; i < 5000; ++i) raw(0, i) = i % 2;
  raw(0, 0) = 1e12;
  const ScalerRow row = Fitted(raw, Spread::kStandard);
  EXPECT_NEAR(row.centre, 0.5, 1e-3);
  EXPECT_NEAR(row.spread, 0.5, 1e-3);
}

TEST(FitScalerTest, MeasuresLeastAndMostForMinMax) {
  const ScalerRow row = Fitted(Row({4, -2, kMissing, 8}), Spread::kMinMax);
  EXPECT_EQ(row.centre, -2);
  EXPECT_EQ(row.spread, 10);
}

TEST(FitScalerTest, MeasuresMedianAndQuartilesForRobust) {
  const ScalerRow row = Fitted(Row({5, 1, 3, 2, 4}), Spread::kRobust);
  EXPECT_EQ(row.centre, 3);
  EXPECT_EQ(row.spread, 2);
}

TEST(FitScalerTest, FallsBackToTheDeviationWhereQuartilesCoincide) {
  const ScalerRow row = Fitted(Row({0, 0, 0, 0, 0, 0, 0, 0, 0, 10}), Spread::kRobust);
  EXPECT_EQ(row.centre, 0);
  EXPECT_NEAR(row.spread, 3, 0.05);
  EXPECT_FALSE(row.constant);
}

TEST(FitScalerTest, MarksFeaturesThatNeverVaryOrAreNeverThere) {
  for (const Spread spread : {Spread::kStandard, Spread::kMinMax, Spread::kRobust}) {
    EXPECT_TRUE(Fitted(Row({0.1, 0.1, 0.1, kMissing}), spread).constant);
    const ScalerRow missing = Fitted(Row({kMissing, kInfinity}), spread);
    EXPECT_TRUE(missing.constant);
    EXPECT_EQ(missing.spread, 1);
  }
}

}  // namespace
}  // namespace segmentd::model
