#include "segmentd/runtime/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/shard_world.h"

namespace segmentd::runtime {
namespace {

using pipeline::Topic;
using support::Call;
using support::FakeBroker;
using support::ShardProcess;
using support::ShardWorld;

constexpr Partition kFirst{0};
const ports::InputPartition kInput{event::Source::kTransactions, kFirst};

TEST(ShardTest, CommitsWhatItReadAndStopsCleanly) {
  ShardWorld world(1);
  world.AddPurchase(kFirst, "c1", 0);
  world.AddPurchase(kFirst, "c2", 1);
  ASSERT_TRUE(world.RunForPolls(10).has_value());
  EXPECT_EQ(world.Output(Topic::kSegmentChanged, kFirst).size(), 2U);
  EXPECT_EQ(world.broker.Committed(kInput), Offset{2});
  EXPECT_EQ(world.stores.disk(kFirst).images.size(), 2U);
  EXPECT_EQ(world.probe.changes.size(), 2U);
  EXPECT_EQ(world.probe.last.counts.accepted, 2U);
}

TEST(ShardTest, CommitsOffsetsOfInputThatHadNoEffect) {
  ShardWorld world(1);
  world.AddPurchase(kFirst, "c1", 0);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  world.broker.AppendMarker("transactions", kFirst);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_EQ(world.broker.Committed(kInput), Offset{2});
}

TEST(ShardTest, CommitsAChangeLongBeforeTheInterval) {
  ShardWorld world(1);
  world.options.commit_interval_ms = 3'600'000;
  world.AddPurchase(kFirst, "c1", 0);
  const std::int64_t began_ms = world.clock.WallMs();
  std::int64_t committed_ms = 0;
  ASSERT_TRUE(world
                  .RunForPolls(40,
                               [&](int) {
                                 if (committed_ms == 0 && world.probe.commits.size() == 1) {
                                   committed_ms = world.clock.WallMs();
                                 }
                               })
                  .has_value());
  ASSERT_NE(committed_ms, 0);
  EXPECT_LT(committed_ms - began_ms, 2'000);
}

TEST(ShardTest, LetsChangesWaitForTheIntervalWhileMoreInputWaits) {
  ShardWorld world(1);
  world.options.poll_records_max = 4;
  world.options.change_within_ms = 0;
  world.options.commit_interval_ms = 3'600'000;
  for (int i = 0; i < 10; ++i) world.AddPurchase(kFirst, fmt::format("c{}", i), i);
  ShardProcess process(world.broker, world.clock, world.stores, world.chaos, world.probe,
                       world.models, world.options);
  process.source.AnswerInFull();
  ASSERT_TRUE(process.shard.Run({}).has_value());
  EXPECT_EQ(world.probe.changes.size(), 10U);
  EXPECT_EQ(world.probe.commits.size(), 1U) << "all three polls' changes in one";
}

TEST(ShardTest, RefusesAGroupThatSomebodyMovedAhead) {
  ShardWorld world(1);
  for (int day = 0; day < 5; ++day) world.AddPurchase(kFirst, "c1", day);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  for (int day = 5; day < 9; ++day) world.AddPurchase(kFirst, "c1", day);
  world.broker.SetCommitted(kInput, Offset{7});
  const Status ended = world.RunForPolls(20);
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, Code::kConfig);
  EXPECT_EQ(world.probe.last.problem, ended.error().message);
}

TEST(ShardTest, RestoresFromACompactedChangelogWithoutItsStore) {
  ShardWorld world(1);
  for (int day = 0; day < 9; ++day) world.AddPurchase(kFirst, "c1", day);
  world.options.poll_records_max = 1;
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  const auto before = world.stores.disk(kFirst).images;
  world.broker.Compact("changelog", kFirst);
  world.stores.Edit(kFirst, {});
  ASSERT_TRUE(world.RunForPolls(20).has_value());
  EXPECT_EQ(world.stores.disk(kFirst).images, before);
  EXPECT_EQ(world.Violations(), "");
}

TEST(ShardTest, RebuildsAStoreThatTurnsOutCorruptWhileItRuns) {
  ShardWorld world(1);
  world.AddInput(3, 200);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  const std::string c1 = world.stores.disk(kFirst).images.begin()->first;
  auto disk = world.stores.disk(kFirst);
  disk.images[c1] = "\x01 not what was written";
  disk.meta->changelog_next = world.broker.High("changelog", kFirst);  // no delta mends it
  world.stores.Edit(kFirst, disk);
  world.AddPurchase(kFirst, c1, 40);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_EQ(world.stores.quarantined(), 1);
  EXPECT_EQ(world.Violations(), "");
}

TEST(ShardTest, GivesUpOnAChangelogThatHoldsUnreadableState) {
  ShardWorld world(1);
  world.AddPurchase(kFirst, "c1", 0);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  FakeBroker::Entry entry;
  entry.key = "cc1";
  entry.value = "\x01 not what was written";
  world.broker.Append("changelog", kFirst, std::move(entry));
  world.AddPurchase(kFirst, "c1", 1);
  const Status ended = world.RunUntilDrained();
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, Code::kFatal);
  EXPECT_THAT(ended.error().message, testing::HasSubstr("customer c1"));
}

TEST(ShardTest, WaitsForABrokerThatIsAwayAndSaysSo) {
  ShardWorld world(1);
  world.AddPurchase(kFirst, "c1", 0);
  int refused = 0;
  world.chaos.Watch([&](Call) -> Status {
    return refused++ < 50 ? Fail(Code::kRetry, "the broker is away") : Ok();
  });
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_THAT(world.probe.problems, testing::Contains("the broker is away"));
  EXPECT_EQ(world.Output(Topic::kSegmentChanged, kFirst).size(), 1U);
}

TEST(ShardTest, FinishesACommitWhoseAnswerWasLostAndReadsOnWithoutAGap) {
  ShardWorld world(1);
  world.AddInput(5, 100);
  ShardWorld undisturbed(1);
  undisturbed.AddInput(5, 100);
  ASSERT_TRUE(undisturbed.RunUntilDrained().has_value());
  world.options.poll_records_max = 7;
  int refused = 0;
  world.chaos.Watch([&](Call call) -> Status {
    const bool lost = call == Call::kCommit || call == Call::kAfterCommit;
    return lost && refused++ % 5 != 4 ? Fail(Code::kRetry, "no answer yet") : Ok();
  });
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_EQ(world.AllOutput(), undisturbed.AllOutput());
  EXPECT_EQ(world.probe.last.aborts, 0U);
}

TEST(ShardTest, UsesNoRecordsBeforeItHasGoneBackToThoseItDropped) {
  ShardWorld world(1);
  world.AddInput(5, 100);
  ShardWorld undisturbed(1);
  undisturbed.AddInput(5, 100);
  ASSERT_TRUE(undisturbed.RunUntilDrained().has_value());
  world.options.poll_records_max = 7;
  // While a commit waits for its answer, records are dropped; going back to them fails at first.
  int commits = 0;
  int starts = 0;
  world.chaos.Watch([&](Call call) -> Status {
    if (call == Call::kCommit && commits++ < 3) return Fail(Code::kRetry, "no answer yet");
    if (call == Call::kStartAt && starts++ == 1) return Fail(Code::kRetry, "the broker is away");
    return Ok();
  });
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_GT(starts, 2);
  EXPECT_EQ(world.AllOutput(), undisturbed.AllOutput());
}

TEST(ShardTest, EndsWhenItsProducerIsLostAgainAndAgain) {
  ShardWorld world(1);
  world.options.resets_max = 3;
  world.AddPurchase(kFirst, "c1", 0);
  world.chaos.Watch([&](Call call) -> Status {
    return call == Call::kCommit ? Fail(Code::kFenced, "a newer producer") : Ok();
  });
  const Status ended = world.RunUntilDrained();
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, Code::kFatal);
  EXPECT_THAT(ended.error().message, testing::HasSubstr("same app and instance"));
}

TEST(ShardTest, EndsWhenTheDiskFails) {
  ShardWorld world(1);
  world.AddPurchase(kFirst, "c1", 0);
  world.chaos.Watch([&](Call call) -> Status {
    return call == Call::kWriteStore ? Fail(Code::kStorage, "the disk is full") : Ok();
  });
  EXPECT_EQ(world.RunUntilDrained().error().code, Code::kStorage);
  // What was committed is not lost with the disk.
  world.chaos.Watch({});
  ASSERT_TRUE(world.RunForPolls(20).has_value());
  EXPECT_EQ(world.stores.disk(kFirst).images.size(), 1U);
  EXPECT_EQ(world.Violations(), "");
}

TEST(ShardTest, CommitsBothInputsOfAPartitionTogether) {
  ShardWorld world(2, /*profiles=*/true);
  world.AddInput(1, 50);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  const ports::InputPartition profiles{event::Source::kProfiles, kFirst};
  EXPECT_EQ(world.broker.Committed(profiles), world.broker.High("profiles", kFirst));
  EXPECT_EQ(world.broker.Committed(kInput), world.broker.High("transactions", kFirst));
}

TEST(ShardTest, RefusesProfilesThatAreNotPartitionedAlike) {
  ShardWorld world(2, /*profiles=*/true);
  world.broker.SetProfilePartitions(3);
  const Status ended = world.RunUntilDrained();
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code, Code::kConfig);
  EXPECT_THAT(ended.error().message, testing::HasSubstr("has 3 partitions"));
}

TEST(ShardTest, HandsPartitionsOverWithinARebalance) {
  ShardWorld world(2);
  world.AddInput(6, 300);
  ShardWorld undisturbed(2);
  undisturbed.AddInput(6, 300);
  ASSERT_TRUE(undisturbed.RunUntilDrained().has_value());
  world.options.poll_records_max = 10;
  // Another member comes and goes while this one works, and owns half of the input meanwhile.
  int other = 0;
  int polls = 0;
  world.chaos.Watch([&](Call call) -> Status {
    if (call != Call::kPoll) return Ok();
    ++polls;
    if (polls % 10 == 5) other = world.broker.Join();
    if (polls % 10 == 9) world.broker.Leave(other);
    return Ok();
  });
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_GT(world.probe.last.rebalances, 2U);
  EXPECT_EQ(world.AllOutput(), undisturbed.AllOutput());
  EXPECT_EQ(world.Violations(), "");
}

TEST(ShardTest, EndsAPendingCommitWithANewProducerWhenARebalanceCannotWait) {
  ShardWorld world(2);
  world.AddInput(8, 200);
  ShardWorld undisturbed(2);
  undisturbed.AddInput(8, 200);
  ASSERT_TRUE(undisturbed.RunUntilDrained().has_value());
  world.options.poll_records_max = 20;
  int refused = 0;
  int other = 0;
  world.chaos.Watch([&](Call call) -> Status {
    if (call == Call::kCommit && refused < 6) {
      if (++refused == 3) other = world.broker.Join();
      return Fail(Code::kRetry, "no answer yet");
    }
    if (call == Call::kPoll && refused == 6 && other != 0) {
      world.broker.Leave(std::exchange(other, 0));
    }
    return Ok();
  });
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_GE(world.probe.last.producer_resets, 2U);
  EXPECT_EQ(world.AllOutput(), undisturbed.AllOutput());
  EXPECT_EQ(world.Violations(), "");
}

TEST(ShardTest, CountsWhatWasAbortedOnce) {
  ShardWorld world(1);
  for (int day = 0; day < 8; ++day) world.AddPurchase(kFirst, "c1", day);
  int refused = 0;
  world.chaos.Watch([&](Call call) -> Status {
    return call == Call::kCommit && refused++ < 3 ? Fail(Code::kAbort, "aborted") : Ok();
  });
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_EQ(world.probe.last.aborts, 3U);
  EXPECT_EQ(world.probe.last.counts.accepted, 8U);
  EXPECT_EQ(world.probe.changes.size(), world.Output(Topic::kSegmentChanged, kFirst).size());
}

TEST(ShardTest, CommitsNothingAfterItsPartitionsWereTakenAway) {
  ShardWorld world(2);
  world.AddInput(7, 300);
  ShardWorld undisturbed(2);
  undisturbed.AddInput(7, 300);
  ASSERT_TRUE(undisturbed.RunUntilDrained().has_value());
  world.options.poll_records_max = 20;
  support::MemoryStores other_disk(world.chaos);
  auto zombie = std::make_unique<ShardProcess>(world.broker, world.clock, world.stores, world.chaos,
                                               world.probe, world.models, world.options, "zombie");
  // In the middle of the first one's commit it is frozen; its session runs out and another instance
  // does all the work. Then it wakes up.
  bool frozen = false;
  world.chaos.Watch([&](Call call) -> Status {
    if (call != Call::kCommit || frozen) return Ok();
    frozen = true;
    world.broker.Expire(zombie->source.member());
    world.broker.InitProducer("test.zombie");  // its transaction times out
    support::RecordingProbe probe;
    ShardProcess other(world.broker, world.clock, other_disk, world.chaos, probe, world.models,
                       world.options);
    EXPECT_TRUE(other.shard.Run({}).has_value());
    return Ok();
  });
  ASSERT_TRUE(zombie->shard.Run({}).has_value());
  EXPECT_TRUE(frozen);
  EXPECT_EQ(world.AllOutput(), undisturbed.AllOutput());
}

TEST(ShardTest, ReportsEachPartition) {
  ShardWorld world(2);
  world.AddPurchase(kFirst, "c1", 0);
  ports::ShardStatus seen;
  ASSERT_TRUE(world
                  .RunForPolls(30,
                               [&](int) {
                                 if (!world.probe.last.partitions.empty()) seen = world.probe.last;
                               })
                  .has_value());
  ASSERT_EQ(seen.partitions.size(), 2U);
  EXPECT_EQ(seen.partitions[0].state, ports::TaskState::kRunning);
  EXPECT_EQ(seen.partitions[0].position, Offset{1});
  EXPECT_EQ(seen.partitions[0].lag_records, 0);
  EXPECT_TRUE(seen.joined);
  EXPECT_EQ(seen.problem, "");
}

}  // namespace
}  // namespace segmentd::runtime
