#include "app/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace segmentd::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<ports::ShardStatus> Ticks(std::int64_t first, std::int64_t second) {
  std::vector<ports::ShardStatus> shards(2);
  shards[0].tick_ms = first;
  shards[1].shard = 1;
  shards[1].tick_ms = second;
  return shards;
}

constexpr std::int64_t kTell = Watchdog::kTellMs;

TEST(WatchdogTest, NamesTheShardThatDoesNotTurnAndForHowLong) {
  Watchdog watchdog;
  EXPECT_THAT(watchdog.Look(Ticks(1, 1), {}, 0), IsEmpty());
  EXPECT_THAT(watchdog.Look(Ticks(2, 1), {}, kTell), IsEmpty());
  EXPECT_THAT(watchdog.Look(Ticks(3, 1), {}, kTell + 1), ElementsAre(Pair(1, kTell + 1)));
  EXPECT_THAT(watchdog.Look(Ticks(4, 1), {}, 2 * kTell), ElementsAre(Pair(1, 2 * kTell)));
  EXPECT_THAT(watchdog.Look(Ticks(5, 2), {}, 2 * kTell), IsEmpty()) << "it turns again";
}

TEST(WatchdogTest, LeavesOneThatHasEndedAlone) {
  Watchdog watchdog;
  EXPECT_THAT(watchdog.Look(Ticks(1, 1), {}, 0), IsEmpty());
  EXPECT_THAT(watchdog.Look(Ticks(2, 1), {1}, kTell + 1), IsEmpty());
}

TEST(WatchdogTest, DoesNotMindJumpsOfTheWallClock) {
  Watchdog watchdog;
  EXPECT_THAT(watchdog.Look(Ticks(3'600'000, 3'600'000), {}, 0), IsEmpty());
  EXPECT_THAT(watchdog.Look(Ticks(5, 90'000'000), {}, kTell), IsEmpty());
  EXPECT_THAT(watchdog.Look(Ticks(5, 90'000'000), {}, 2 * kTell), IsEmpty());
  EXPECT_THAT(watchdog.Look(Ticks(5, 90'000'001), {}, 2 * kTell + 1),
              ElementsAre(Pair(0, kTell + 1)));
}

}  // namespace
}  // namespace segmentd::app
