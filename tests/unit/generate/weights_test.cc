#include "generate/weights.h"

#include <gtest/gtest.h>

namespace segmentd::generate {
namespace {

TEST(WeightsTest, FindsTheItemWhoseSpanHoldsThePoint) {
  Weights weights(5);
  weights.Add(0, 2);
  weights.Add(2, 3);
  weights.Add(4, 1);
  EXPECT_EQ(weights.total(), 6U);
  const std::size_t expected[] = {0, 0, 2, 2, 2, 4};
  for (std::uint64_t point = 0; point < 6; ++point) EXPECT_EQ(weights.Find(point), expected[point]);
}

TEST(WeightsTest, ForgetsAWeightThatIsTakenAway) {
  Weights weights(3);
  weights.Add(0, 7);
  weights.Add(1, 5);
  weights.Add(0, -7);
  weights.Add(2, 1);
  EXPECT_EQ(weights.total(), 6U);
  EXPECT_EQ(weights.Find(0), 1U);
  EXPECT_EQ(weights.Find(5), 2U);
}

TEST(WeightsTest, WorksForOneItem) {
  Weights weights(1);
  weights.Add(0, 4);
  EXPECT_EQ(weights.Find(3), 0U);
}

}  // namespace
}  // namespace segmentd::generate
