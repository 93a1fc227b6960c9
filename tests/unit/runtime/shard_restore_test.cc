// How a shard comes to run a partition: what it refuses, what it may be told to accept, and that it
// turns on while others restore.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/shard_world.h"

namespace segmentd::runtime {
namespace {

using support::Call;
using support::ShardWorld;
using testing::HasSubstr;

constexpr Partition kFirst{0};
const ports::InputPartition kInput{event::Source::kTransactions, kFirst};

class ShardRestoreTest : public testing::Test {
 protected:
  ShardRestoreTest() {
    for (int day = 0; day < 5; ++day) world_.AddPurchase(kFirst, "c1", day);
    // A commit for each, so that the changelog is longer than one.
    world_.options.poll_records_max = 1;
    world_.options.commit_records_max = 1;
    EXPECT_TRUE(world_.RunUntilDrained().has_value());
  }

  // Runs for a while; the words with which it refuses, or nothing.
  std::string Refusal() {
    const Status ended = world_.RunForPolls(40);
    if (ended.has_value()) return "";
    EXPECT_EQ(ended.error().code, Code::kConfig);
    return ended.error().message;
  }
  ShardWorld world_{1};
};

TEST_F(ShardRestoreTest, RefusesAnInputTopicThatWasMadeAnewThoughItHasTheOffset) {
  world_.broker.Truncate("transactions", kFirst);
  for (int day = 0; day < 8; ++day) world_.AddPurchase(kFirst, "other", day);
  EXPECT_THAT(Refusal(), HasSubstr("--accept new-input"));
  world_.options.accepted.new_input = true;
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(world_.broker.Committed(kInput), Offset{8});
}

// Read on at the old offset, and even committed, before anybody looks.
TEST_F(ShardRestoreTest, NoticesAnInputTopicThatIsMadeAnewWhileItIsRead) {
  const auto swap = [this](int poll) {
    if (poll == 10) world_.AddPurchase(kFirst, "c1", 6);
    if (poll != 150) return;
    world_.broker.Truncate("transactions", kFirst);
    for (int day = 0; day < 20; ++day) world_.AddPurchase(kFirst, "other", day);
  };
  const Status ended = world_.RunForPolls(400, swap);
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, Code::kConfig);
  EXPECT_THAT(ended.error().message, HasSubstr("--accept new-input"));
  // A start does not forget it.
  EXPECT_THAT(Refusal(), HasSubstr("--accept new-input"));
  world_.options.accepted.new_input = true;
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(world_.broker.Committed(kInput), Offset{20});
}

TEST_F(ShardRestoreTest, RefusesAnInputWhoseRecordsAreGone) {
  for (int day = 5; day < 9; ++day) world_.AddPurchase(kFirst, "c1", day);
  world_.broker.SetLow("transactions", kFirst, Offset{7});
  EXPECT_THAT(Refusal(), HasSubstr("2 records were deleted unread"));
  world_.options.accepted.input_gap = true;
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(world_.probe.last.counts.accepted, 2U);
}

TEST_F(ShardRestoreTest, RefusesAChangelogThatIsGoneWithOrWithoutItsStore) {
  world_.broker.Truncate("changelog", kFirst);
  EXPECT_THAT(Refusal(), HasSubstr("--accept state-loss"));
  world_.stores.Edit(kFirst, {});
  EXPECT_THAT(Refusal(), HasSubstr("--accept state-loss"));
  world_.options.accepted.state_loss = true;
  EXPECT_EQ(Refusal(), "");
}

TEST_F(ShardRestoreTest, RefusesLocalStateOfAnotherCluster) {
  world_.broker.SetCluster("cluster-2");
  EXPECT_THAT(Refusal(), HasSubstr("--accept other-cluster"));
  EXPECT_EQ(world_.stores.quarantined(), 0);
  world_.options.accepted.other_cluster = true;
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(world_.stores.quarantined(), 1);
  EXPECT_EQ(world_.stores.disk(kFirst).meta->cluster, "cluster-2");
  EXPECT_EQ(world_.Violations(), "");
}

TEST_F(ShardRestoreTest, RebuildsAStoreThatAnotherLineOfStateHasOvertaken) {
  // As long as before, and longer, but of somebody who began anew.
  auto disk = world_.stores.disk(kFirst);
  disk.meta->origin_ms -= 1;
  disk.meta->changelog_next = Offset{1};
  disk.images["ghost"] = "of the changelog that is gone";
  world_.stores.Edit(kFirst, disk);
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(world_.stores.quarantined(), 1);
  EXPECT_FALSE(world_.stores.disk(kFirst).images.contains("ghost"));
}

TEST_F(ShardRestoreTest, EndsWhenTheChangelogIsMadeAnewUnderItsHands) {
  const Status ended = world_.RunForPolls(60, [this](int poll) {
    if (poll != 20) return;
    world_.broker.Truncate("changelog", kFirst);
    world_.AddPurchase(kFirst, "c1", 6);
  });
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, Code::kConfig);
  EXPECT_THAT(ended.error().message, HasSubstr("made anew while it was in use"));
}

TEST_F(ShardRestoreTest, SaysThatARestoreStandsStillAndBeginsItAgain) {
  world_.stores.Edit(kFirst, {});
  ports::PartitionStatus slowest;
  int refused = 0;
  world_.options.until_drained = false;
  std::stop_source stop;
  int polls = 0;
  world_.chaos.Watch([&](Call call) -> Status {
    if (call == Call::kPoll && ++polls == 3000) stop.request_stop();
    if (!world_.probe.last.partitions.empty()) {
      const auto& now = world_.probe.last.partitions[0];
      if (now.still_s > slowest.still_s) slowest = now;
    }
    return call == Call::kReplay && ++refused < 1600 ? Fail(Code::kRetry, "held back") : Ok();
  });
  const auto ended = world_.RunOnce(stop.get_token());
  world_.chaos.Watch({});
  ASSERT_TRUE(ended->has_value()) << ended->error().message;
  EXPECT_GT(slowest.still_s, 50);
  EXPECT_EQ(slowest.state, ports::TaskState::kRestoring);
  EXPECT_THAT(slowest.problem, HasSubstr("held back"));
  EXPECT_EQ(world_.Violations(), "");
}

TEST_F(ShardRestoreTest, KeepsCommittingOnePartitionWhileAnotherRestores) {
  const ports::InputPartition other{event::Source::kTransactions, Partition{1}};
  ShardWorld world(2);
  world.AddPurchase(other.partition, "c2", 0);
  world.AddPurchase(kFirst, "c1", 0);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  const std::int64_t epoch = world.broker.InitProducer("test.dead");
  world.broker.AppendOpen("test.dead", epoch, "changelog", kFirst, {});
  world.AddPurchase(other.partition, "c2", 1);
  world.options.until_drained = false;
  std::stop_source stop;
  int polls = 0;
  bool committed = false;
  ports::TaskState first = ports::TaskState::kOpening;
  world.chaos.Watch([&](Call call) -> Status {
    committed = world.broker.Committed(other) == Offset{2};
    if (call == Call::kPoll && (++polls == 500 || committed)) {
      first = world.probe.last.partitions[0].state;
      stop.request_stop();
    }
    return Ok();
  });
  ASSERT_TRUE(world.RunOnce(stop.get_token())->has_value());
  world.chaos.Watch({});
  EXPECT_TRUE(committed);
  EXPECT_EQ(first, ports::TaskState::kRestoring);
}

}  // namespace
}  // namespace segmentd::runtime
