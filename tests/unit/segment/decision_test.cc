#include "segmentd/segment/decision.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "segmentd/base/random.h"

namespace segmentd::segment {
namespace {

// Segments 1, 2 and 5, decided about once a second.
class HysteresisTest : public ::testing::Test {
 protected:
  Decision Take(const std::vector<float>& distances) {
    now_ms_ += 1000;
    return Decide(ids_, distances, hysteresis_, now_ms_, state_);
  }

  std::vector<SegmentId> ids_ = {SegmentId{1}, SegmentId{2}, SegmentId{5}};
  Hysteresis hysteresis_;  // margin 0.10, dwell 3, clear jump 0.50
  std::int64_t now_ms_ = 0;
  State state_;
};

TEST_F(HysteresisTest, EntersTheNearestSegmentAtOnce) {
  const Decision decision = Take({4, 2, 3});
  EXPECT_TRUE(decision.changed);
  EXPECT_EQ(decision.previous, SegmentId{});
  EXPECT_EQ(decision.current, SegmentId{2});
  EXPECT_EQ(decision.distance_current, 2);
  EXPECT_TRUE(std::isnan(decision.distance_previous));
  EXPECT_FLOAT_EQ(decision.margin, 1.0F / 3);
  EXPECT_EQ(state_.current, SegmentId{2});
  EXPECT_EQ(state_.since_ms, 1000);
}

TEST_F(HysteresisTest, GivesTiesToTheSmallerId) {
  EXPECT_EQ(Take({3, 2, 2}).current, SegmentId{2});
}

TEST_F(HysteresisTest, KeepsTheSegmentThatIsNearest) {
  Take({1, 2, 3});
  const Decision decision = Take({1, 2, 1.5F});
  EXPECT_FALSE(decision.changed);
  EXPECT_FALSE(decision.suppressed);
  EXPECT_EQ(decision.previous, SegmentId{1});
  EXPECT_EQ(decision.current, SegmentId{1});
  EXPECT_EQ(decision.distance_previous, 1.5F);
  EXPECT_EQ(state_.since_ms, 1000);
}

TEST_F(HysteresisTest, KeepsTheSegmentWithinTheMarginForEver) {
  Take({1, 2, 3});
  for (int i = 0; i < 20; ++i) {
    const Decision decision = Take({1, 0.91F, 3});
    EXPECT_FALSE(decision.changed);
    EXPECT_TRUE(decision.suppressed);
    EXPECT_EQ(state_.candidate, SegmentId{});
  }
}

TEST_F(HysteresisTest, MovesAfterTheDwell) {
  Take({1, 2, 3});
  for (int i = 1; i <= 2; ++i) {
    EXPECT_TRUE(Take({1, 0.8F, 3}).suppressed);
    EXPECT_EQ(state_.candidate, SegmentId{2});
    EXPECT_EQ(state_.candidate_count, i);
  }
  const Decision decision = Take({1, 0.8F, 3});
  EXPECT_TRUE(decision.changed);
  EXPECT_FALSE(decision.suppressed);
  EXPECT_EQ(decision.previous, SegmentId{1});
  EXPECT_EQ(decision.current, SegmentId{2});
  EXPECT_EQ(decision.distance_current, 0.8F);
  EXPECT_EQ(decision.distance_previous, 1);
  EXPECT_EQ(state_.since_ms, 4000);
  EXPECT_EQ(state_.candidate, SegmentId{});
  EXPECT_EQ(state_.candidate_count, 0);
}

TEST_F(HysteresisTest, CountsAgainWhenTheCurrentSegmentWasNearestInBetween) {
  Take({1, 2, 3});
  Take({1, 0.8F, 3});
  Take({1, 0.8F, 3});
  Take({1, 2, 3});
  EXPECT_EQ(state_.candidate_count, 0);
  EXPECT_FALSE(Take({1, 0.8F, 3}).changed);
  EXPECT_FALSE(Take({1, 0.8F, 3}).changed);
  EXPECT_TRUE(Take({1, 0.8F, 3}).changed);
}

TEST_F(HysteresisTest, CountsAgainWhenTheCandidateWasWithinTheMarginInBetween) {
  Take({1, 2, 3});
  Take({1, 0.8F, 3});
  Take({1, 0.8F, 3});
  Take({1, 0.95F, 3});
  EXPECT_FALSE(Take({1, 0.8F, 3}).changed);
}

TEST_F(HysteresisTest, CountsAgainForAnotherCandidate) {
  Take({1, 2, 3});
  Take({1, 0.8F, 3});
  Take({1, 0.8F, 3});
  EXPECT_FALSE(Take({1, 0.8F, 0.7F}).changed);
  EXPECT_EQ(state_.candidate, SegmentId{5});
  EXPECT_EQ(state_.candidate_count, 1);
}

TEST_F(HysteresisTest, MovesAtOnceOnAClearJump) {
  Take({1, 2, 3});
  Take({1, 0.8F, 3});
  const Decision decision = Take({1, 0.8F, 0.49F});
  EXPECT_TRUE(decision.changed);
  EXPECT_EQ(decision.current, SegmentId{5});
  EXPECT_EQ(state_.candidate, SegmentId{});
}

TEST_F(HysteresisTest, DoesNotTakeExactlyHalfForAClearJump) {
  Take({1, 2, 3});
  EXPECT_FALSE(Take({1, 0.5F, 3}).changed);
}

TEST_F(HysteresisTest, MovesAtOnceWithADwellOfOne) {
  hysteresis_.dwell = 1;
  Take({1, 2, 3});
  EXPECT_FALSE(Take({1, 0.95F, 3}).changed);
  EXPECT_TRUE(Take({1, 0.85F, 3}).changed);
}

TEST_F(HysteresisTest, LeavesARetiredSegmentAtOnce) {
  Take({1, 2, 3});
  Take({1, 0.8F, 3});
  ids_ = {SegmentId{2}, SegmentId{5}, SegmentId{7}};
  const Decision decision = Take({3, 2, 9});
  EXPECT_TRUE(decision.changed);
  EXPECT_EQ(decision.previous, SegmentId{1});
  EXPECT_EQ(decision.current, SegmentId{5});
  EXPECT_TRUE(std::isnan(decision.distance_previous));
  EXPECT_EQ(state_.candidate, SegmentId{});
}

TEST_F(HysteresisTest, KnowsNoOtherSegmentWhenThereIsOne) {
  ids_ = {SegmentId{3}};
  const Decision decision = Take({2});
  EXPECT_EQ(decision.current, SegmentId{3});
  EXPECT_EQ(decision.margin, 1);
  EXPECT_FALSE(Take({2}).changed);
  EXPECT_TRUE(std::isnan(Take({2}).distance_previous));
}

TEST_F(HysteresisTest, HasNoMarginWhereTwoCentroidsCoincide) {
  EXPECT_EQ(Take({0, 0, 3}).margin, 0);
  EXPECT_FALSE(Take({0, 0, 3}).changed);
}

TEST_F(HysteresisTest, LeavesTheRestOfTheStateAlone) {
  state_ = {.model_sequence = 4, .ordinal = 7, .risk_ordinal = 2, .risk = 1};
  Take({1, 2, 3});
  EXPECT_EQ(state_.model_sequence, 4U);
  EXPECT_EQ(state_.ordinal, 7U);
  EXPECT_EQ(state_.risk_ordinal, 2U);
  EXPECT_EQ(state_.risk, 1);
}

TEST_F(HysteresisTest, NeverMovesToAFartherSegment) {
  Random random(5);
  for (int i = 0; i < 5000; ++i) {
    std::vector<float> distances(3);
    for (float& distance : distances) distance = static_cast<float>(random.Uniform());
    const Decision decision = Take(distances);
    ASSERT_GE(decision.margin, 0);
    ASSERT_LE(decision.margin, 1);
    ASSERT_FALSE(decision.changed && decision.suppressed);
    if (decision.changed && i > 0) {
      ASSERT_LT(decision.distance_current, 0.9F * decision.distance_previous);
    }
  }
}

}  // namespace
}  // namespace segmentd::segment
