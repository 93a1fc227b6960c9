#include "runtime/idle_clock.h"

#include <gtest/gtest.h>

#include "segmentd/base/ids.h"
#include "support/manual_clock.h"

namespace segmentd::runtime {
namespace {

constexpr std::int64_t kGraceMs = 30 * kSecondMs;

class IdleClockTest : public testing::Test {
 protected:
  // Proofs as often as they are due.
  std::optional<std::int64_t> ProveFor(std::int64_t ms) {
    std::optional<std::int64_t> passed;
    for (std::int64_t at_ms = 0; at_ms < ms; at_ms += 1000) {
      clock_.AdvanceMs(1000);
      if (idle_.ProofDue()) passed = idle_.Prove();
    }
    return passed;
  }

  support::ManualClock clock_;
  IdleClock idle_{clock_, kGraceMs};
};

TEST_F(IdleClockTest, WallTimeLessTheGraceHasPassedAfterTheGrace) {
  EXPECT_EQ(ProveFor(kGraceMs - kSecondMs), std::nullopt);
  EXPECT_FALSE(idle_.drained());
  const auto passed = ProveFor(2 * kGraceMs);
  ASSERT_TRUE(passed.has_value());
  EXPECT_TRUE(idle_.drained());
  EXPECT_LE(*passed, clock_.WallMs() - kGraceMs);
  EXPECT_GE(*passed, clock_.WallMs() - kGraceMs - 5 * kSecondMs);
}

TEST_F(IdleClockTest, WhatIsReadStartsItOver) {
  ProveFor(2 * kGraceMs);
  idle_.Interrupt();
  EXPECT_FALSE(idle_.drained());
  EXPECT_EQ(ProveFor(kGraceMs - kSecondMs), std::nullopt);
}

TEST_F(IdleClockTest, AsksSeldom) {
  int proofs = 0;
  for (int second = 0; second < 100; ++second) {
    clock_.AdvanceMs(1000);
    if (!idle_.ProofDue()) continue;
    idle_.Prove();
    ++proofs;
  }
  EXPECT_LE(proofs, 21);
}

TEST_F(IdleClockTest, AJumpOfTheWallIsNotBelievedUntilItHasStoodForTheGrace) {
  for (const std::int64_t jump_ms : {3'600 * kSecondMs, -3'600 * kSecondMs}) {
    ASSERT_TRUE(ProveFor(2 * kGraceMs).has_value());
    clock_.JumpMs(jump_ms);
    EXPECT_EQ(ProveFor(kGraceMs - 5 * kSecondMs), std::nullopt) << jump_ms;
    EXPECT_TRUE(ProveFor(kGraceMs).has_value()) << jump_ms;
  }
}

TEST_F(IdleClockTest, AJumpThatIsTakenBackInTimeIsAsIfItHadNeverBeen) {
  ASSERT_TRUE(ProveFor(2 * kGraceMs).has_value());
  const std::int64_t before_ms = clock_.WallMs();
  clock_.JumpMs(3'600 * kSecondMs);
  EXPECT_EQ(ProveFor(10 * kSecondMs), std::nullopt);
  clock_.JumpMs(-3'600 * kSecondMs);
  const auto passed = ProveFor(2 * kGraceMs);
  ASSERT_TRUE(passed.has_value());
  EXPECT_LT(*passed, before_ms + 2 * kGraceMs);
}

TEST_F(IdleClockTest, ProofsFarApartProveNothingBetweenThem) {
  ASSERT_TRUE(ProveFor(2 * kGraceMs).has_value());
  clock_.AdvanceMs(600 * kSecondMs);
  EXPECT_EQ(idle_.Prove(), std::nullopt);
}

TEST_F(IdleClockTest, WithoutAGraceItNeverAsks) {
  IdleClock off(clock_, 0);
  clock_.AdvanceMs(kGraceMs);
  EXPECT_FALSE(off.ProofDue());
}

}  // namespace
}  // namespace segmentd::runtime
