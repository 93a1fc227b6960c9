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
  return {centroids, mass, {.half_life_ms = kDayMs}};
}

// 5,000 points a day.
constexpr std::int64_t kBatchMs = kDayMs * kBatch / 5'000;

void Feed(MiniBatch& learner, int points, double second, std::uint64_t seed = 1,
          std::int64_t batch_ms = kBatchMs) {
  Random random(seed);
  for (int i = 0; i < points; i += kBatch) {
    learner.Update(Batch(random, second), std::vector<double>(kBatch, 1), batch_ms);
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

TEST(MiniBatchTest, ForgetsByTheTimeOfTheEventsAndNotFasterThanFiveThousandPoints) {
  const double mass = 5'000 / 0.6931 / 2;
  MiniBatch still = Start(mass);
  Feed(still, 5'000, 5, 1, 0);
  MiniBatch fast = Start(mass);
  Feed(fast, 5'000, 5, 1, kBatchMs);
  MiniBatch faster = Start(mass);
  Feed(faster, 5'000, 5, 1, 100 * kBatchMs);
  EXPECT_LT(still.centroids()(0, 1), fast.centroids()(0, 1) - 0.05F);
  EXPECT_NEAR(still.masses()[1], mass + 2'500, 1e-6);
  EXPECT_EQ(fast.centroids(), faster.centroids());
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
  learner.Update(model::Matrix::Constant(1, 10, 0.5F), std::vector<double>(10, 1), kDayMs);
  EXPECT_EQ(learner.centroids()(0, 1), 4);
  EXPECT_LT(learner.masses()[1], 1'000);
  learner.Update(model::Matrix(1, 0), {}, kDayMs);
}

}  // namespace
}  // namespace segmentd::learn
