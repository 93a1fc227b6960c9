#include "generate/zipf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace segmentd::generate {
namespace {

class ZipfTest : public testing::TestWithParam<double> {};

TEST_P(ZipfTest, DrawsInProportionToTheLaw) {
  constexpr int kNumbers = 50;
  constexpr int kDraws = 200'000;
  const double exponent = GetParam();
  const Zipf zipf(kNumbers, exponent);
  Random random(3);
  std::vector<int> counts(kNumbers + 1);
  for (int i = 0; i < kDraws; ++i) ++counts[zipf.Draw(random)];
  double norm = 0;
  for (int i = 1; i <= kNumbers; ++i) norm += std::pow(i, -exponent);
  EXPECT_EQ(counts[0], 0);
  for (int i = 1; i <= kNumbers; ++i) {
    const double expected = kDraws * std::pow(i, -exponent) / norm;
    EXPECT_NEAR(counts[static_cast<std::size_t>(i)], expected, 5 * std::sqrt(expected) + 1) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Exponents, ZipfTest, testing::Values(0.5, 1.0, 1.1, 2.0));

TEST(ZipfOneTest, HasOnlyOneToDraw) {
  Random random(1);
  const Zipf zipf(1, 1.2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(zipf.Draw(random), 1U);
}

}  // namespace
}  // namespace segmentd::generate
