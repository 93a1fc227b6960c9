#include "app/watchdog.h"

#include <gtest/gtest.h>

namespace segmentd::app {
namespace {

std::vector<ports::ShardStatus> Ticks(std::int64_t first, std::int64_t second) {
  std::vector<ports::ShardStatus> shards(2);
  shards[0].tick_ms = first;
  shards[1].shard = 1;
  shards[1].tick_ms = second;
  return shards;
}

constexpr std::int64_t kLimit = Watchdog::kLimitMs;

TEST(WatchdogTest, NamesTheShardThatNoLongerTurns) {
  Watchdog watchdog;
  EXPECT_EQ(watchdog.Look(Ticks(1, 1), {}, 0), std::nullopt);
  EXPECT_EQ(watchdog.Look(Ticks(2, 1), {}, kLimit), std::nullopt);
  EXPECT_EQ(watchdog.Look(Ticks(3, 1), {}, kLimit + 1), 1);
}

TEST(WatchdogTest, LeavesOneThatHasEndedAlone) {
  Watchdog watchdog;
  EXPECT_EQ(watchdog.Look(Ticks(1, 1), {}, 0), std::nullopt);
  EXPECT_EQ(watchdog.Look(Ticks(2, 1), {1}, kLimit + 1), std::nullopt);
}

TEST(WatchdogTest, DoesNotMindJumpsOfTheWallClock) {
  Watchdog watchdog;
  EXPECT_EQ(watchdog.Look(Ticks(3'600'000, 3'600'000), {}, 0), std::nullopt);
  EXPECT_EQ(watchdog.Look(Ticks(5, 90'000'000), {}, kLimit), std::nullopt);
  EXPECT_EQ(watchdog.Look(Ticks(5, 90'000'000), {}, 2 * kLimit), std::nullopt);
  EXPECT_EQ(watchdog.Look(Ticks(5, 90'000'001), {}, 2 * kLimit + 1), 0);
}

}  // namespace
}  // namespace segmentd::app
