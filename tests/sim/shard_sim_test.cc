// Goal: whatever goes wrong and wherever, what is committed is what an undisturbed run commits.
// Method: the real shard and pipeline over a broker and disks in memory; seeded faults at every
// port call; the output is compared, byte for byte, with the undisturbed run's.
#include <gtest/gtest.h>

#include "support/shard_world.h"

namespace segmentd::support {
namespace {

constexpr int kRecords = 400;

// What the undisturbed run commits for an input.
std::string Reference(std::uint64_t seed, bool profiles = false) {
  ShardWorld world(2, profiles);
  world.AddInput(seed, kRecords);
  const Status ended = world.RunUntilDrained();
  EXPECT_TRUE(ended.has_value()) << ended.error().message;
  EXPECT_EQ(world.Violations(), "");
  EXPECT_FALSE(world.Output(pipeline::Topic::kSegmentChanged, Partition{0}).empty());
  return world.AllOutput();
}

void ExpectUndisturbed(ShardWorld& world, const std::string& reference) {
  const Status ended = world.RunUntilDrained();
  ASSERT_TRUE(ended.has_value()) << ended.error().message;
  EXPECT_EQ(world.Violations(), "");
  EXPECT_EQ(world.AllOutput(), reference);
}

TEST(ShardSimTest, CommitsTheSameWhateverTheBatchAndCacheAndInterval) {
  const std::string reference = Reference(1);
  for (const int poll_max : {1, 3, 4096}) {
    for (const std::int64_t cache : {1, 20'000, 256 << 20}) {
      for (const std::int64_t interval_ms : {1, 250, 60'000}) {
        ShardWorld world;
        world.AddInput(1, kRecords);
        world.options.poll_records_max = poll_max;
        world.options.cache_bytes_max = cache;
        world.options.commit_interval_ms = world.options.change_within_ms = interval_ms;
        world.options.commit_records_max = poll_max * 10;
        SCOPED_TRACE(fmt::format("poll {} cache {} interval {}", poll_max, cache, interval_ms));
        ExpectUndisturbed(world, reference);
      }
    }
  }
}

TEST(ShardSimTest, LeavesAStoreThatNeedsNoRestoreAfterACleanStop) {
  ShardWorld world;
  world.AddInput(1, kRecords);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  for (const Partition partition : {Partition{0}, Partition{1}}) {
    const MemoryStores::Disk& disk = world.stores.disk(partition);
    EXPECT_EQ(disk.images, FoldChangelog(world.broker, partition, {}).images);
    EXPECT_EQ(disk.meta->transactions_next, world.broker.High("transactions", partition));
  }
}

TEST(ShardSimTest, SurvivesACrashAtEachPortCall) {
  const std::string reference = Reference(2);
  ShardWorld undisturbed;
  undisturbed.AddInput(2, kRecords);
  undisturbed.options.poll_records_max = 60;
  undisturbed.options.cache_bytes_max = 10'000;
  ASSERT_TRUE(undisturbed.RunUntilDrained().has_value());
  const std::int64_t calls = undisturbed.chaos.calls();
  // Every call is tried over the seeds of a few runs; each run takes every seventh.
  for (std::int64_t at = 0; at < calls; at += 7) {
    ShardWorld world;
    world.AddInput(2, kRecords);
    world.options = undisturbed.options;
    world.chaos.CrashAt(at);
    SCOPED_TRACE(fmt::format("crash at call {} of {}", at, calls));
    ExpectUndisturbed(world, reference);
    EXPECT_EQ(world.crashes, 1);
  }
}

class ChaosSimTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  void Run(const Chaos::Rates& rates, bool profiles = false) {
    const std::uint64_t seed = GetParam();
    const std::string reference = Reference(seed, profiles);
    Random random(seed);
    ShardWorld world(2, profiles);
    world.AddInput(seed, kRecords);
    world.options.poll_records_max = 1 + static_cast<int>(random.Below(100));
    world.options.cache_bytes_max = static_cast<std::int64_t>(random.Below(60'000));
    world.options.commit_records_max = 1 + static_cast<std::int64_t>(random.Below(200));
    world.options.store_interval_ms = static_cast<std::int64_t>(random.Below(2'000));
    world.options.restore_batches = {random.Below(5'000), random.Below(10)};
    world.chaos = Chaos(seed, rates);
    ExpectUndisturbed(world, reference);
  }
};

TEST_P(ChaosSimTest, Crashes) { Run({.crash = 0.003}); }

TEST_P(ChaosSimTest, Retries) { Run({.retry = 0.02}); }

TEST_P(ChaosSimTest, AbortsAndFences) { Run({.abort = 0.003, .fence = 0.003}); }

TEST_P(ChaosSimTest, CorruptStores) { Run({.crash = 0.001, .corrupt = 0.003}); }

TEST_P(ChaosSimTest, EverythingAtOnce) {
  Run({.crash = 0.002, .retry = 0.01, .abort = 0.002, .fence = 0.002, .corrupt = 0.001},
      /*profiles=*/true);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChaosSimTest, testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace segmentd::support
