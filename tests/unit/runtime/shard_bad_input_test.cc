// Inputs that could break a shard: floods of unusable records, records and outputs that are too
// large, partitions that were not there before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/shard_world.h"

namespace segmentd::runtime {
namespace {

using pipeline::Topic;
using support::FakeBroker;
using support::ShardProcess;
using support::ShardWorld;
using testing::HasSubstr;

constexpr Partition kFirst{0};
const ports::InputPartition kInput{event::Source::kTransactions, kFirst};

void AddGarbage(ShardWorld& world, int records) {
  for (int i = 0; i < records; ++i) {
    FakeBroker::Entry entry;
    entry.key = "k";
    entry.value = "not json";
    world.broker.Append("transactions", kFirst, std::move(entry));
  }
}

TEST(ShardBadInputTest, StopsAPartitionThatIsFloodedAndServesTheOthers) {
  ShardWorld world(2);
  const ports::InputPartition other{event::Source::kTransactions, Partition{1}};
  world.options.breaker = {.share = 0.05, .records = 1000};
  AddGarbage(world, 2000);
  world.AddPurchase(kFirst, "c1", 0);
  ports::ShardStatus seen;
  ASSERT_TRUE(world
                  .RunForPolls(80,
                               [&](int poll) {
                                 if (poll == 60) world.AddPurchase(Partition{1}, "c2", 0);
                                 if (world.probe.last.partitions.size() == 2) {
                                   seen = world.probe.last;
                                 }
                               })
                  .has_value());
  ASSERT_EQ(seen.partitions.size(), 2U);
  EXPECT_EQ(seen.partitions[0].state, ports::TaskState::kFailed);
  EXPECT_THAT(seen.partitions[0].problem, HasSubstr("records were refused"));
  EXPECT_EQ(seen.partitions[1].state, ports::TaskState::kRunning);
  EXPECT_EQ(world.broker.Committed(other), Offset{1});
  // What was dead-lettered is committed with its position, and no more was taken.
  const std::size_t letters = world.Output(Topic::kDlq, kFirst).size();
  EXPECT_EQ(world.broker.Committed(kInput), Offset{static_cast<std::int64_t>(letters)});
  EXPECT_LT(letters, 2000U);
}

TEST(ShardBadInputTest, EndsARunThatWouldNotDrain) {
  ShardWorld world(1);
  world.options.breaker = {.share = 0.05, .records = 100};
  AddGarbage(world, 50);
  const Status ended = world.RunUntilDrained();
  ASSERT_FALSE(ended.has_value());
  EXPECT_THAT(ended.error().message, HasSubstr("does not drain"));
}

TEST(ShardBadInputTest, EndsRatherThanLeaveAGapForAnOutputThatIsTooLarge) {
  ShardWorld world(1);
  world.AddPurchase(kFirst, "c1", 0);
  ShardProcess process(world.broker, world.clock, world.stores, world.chaos, world.probe,
                       world.models, world.options);
  process.sink.RefuseLargerThan(400);
  const Status ended = process.shard.Run({});
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, Code::kConfig);
  EXPECT_TRUE(world.Output(Topic::kSegmentChanged, kFirst).empty());
  EXPECT_EQ(world.broker.Committed(kInput), std::nullopt);
}

TEST(ShardBadInputTest, RefusesAPartitionThatTheInputDidNotHave) {
  ShardWorld world(2);
  world.AddPurchase(kFirst, "c1", 0);
  // The broker hands out two; the topic was counted with one.
  world.broker.SetCountedPartitions(1);
  const Status ended = world.RunForPolls(30);
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, Code::kConfig);
  EXPECT_THAT(ended.error().message, HasSubstr("new app"));
}

}  // namespace
}  // namespace segmentd::runtime
