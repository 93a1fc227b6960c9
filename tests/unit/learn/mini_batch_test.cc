#include "segmentd/learn/mini_batch.h"

#include <gtest/gtest.h>

#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

constexpr int kBatch = 250;

// Two clouds, at 0 and at `second`.
model::Matrix Batch(Random& random, double second) {
  model::Matrix codes(1, kBatch);
  for (int i = 0; i < kBatch; ++i) {
    codes(0, i) = static_cast<float>((i % 2) * second + 0.3 * random.Normal());
  }
  return codes;
}

MiniBatch Start(double mass) {
  model::Matrix centroids(1, 2);
  centroids << 0, 4;
  return {centroids, mass, {.half_life_points = 5'000}};
}

void Feed(MiniBatch& learner, int points, double second, std::uint64_t seed = 1) {
  Random random(seed);
  for (int i = 0; i < points; i += kBatch) {
    learner.Update(Batch(random, second), std::vector<double>(kBatch, 1));
  }
}

TEST(MiniBatchTest, StaysWhereTheCloudsAre) {
  MiniBatch learner = Start(1'000);
  Feed(learner, 20'000, 4);
  EXPECT_NEAR(learner.centroids()(0, 0), 0, 0.03);
  EXPECT_NEAR(learner.centroids()(0, 1), 4, 0.03);
}

// A mass of so many half-lives' points is where a stream settles; then a half-life takes half of
// what is left of a shift.
TEST(MiniBatchTest, TakesUpHalfOfAShiftInAHalfLife) {
  MiniBatch learner = Start(5'000 / 0.6931 / 2);
  Feed(learner, 5'000, 5);
  EXPECT_NEAR(learner.centroids()(0, 1), 4.5, 0.06);
  Feed(learner, 5'000, 5, 2);
  EXPECT_NEAR(learner.centroids()(0, 1), 4.75, 0.06);
}

TEST(MiniBatchTest, TakesUpAShiftAtOnceAfterAnAlarm) {
  MiniBatch slow = Start(3'600);
  MiniBatch fast = Start(3'600);
  fast.Boost();
  Feed(slow, 1'000, 5);
  Feed(fast, 1'000, 5);
  EXPECT_LT(slow.centroids()(0, 1), 4.2F);
  EXPECT_GT(fast.centroids()(0, 1), 4.7F);
}

TEST(MiniBatchTest, LeavesACentroidAloneToWhichNothingComes) {
  MiniBatch learner = Start(1'000);
  learner.Update(model::Matrix::Constant(1, 10, 0.5F), std::vector<double>(10, 1));
  EXPECT_EQ(learner.centroids()(0, 1), 4);
  EXPECT_LT(learner.masses()[1], 1'000);
  learner.Update(model::Matrix(1, 0), {});
}

}  // namespace
}  // namespace segmentd::learn
