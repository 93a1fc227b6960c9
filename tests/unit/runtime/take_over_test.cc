#include <gtest/gtest.h>

#include "support/shard_world.h"

namespace segmentd::runtime {
namespace {

using support::Call;
using support::FakeBroker;
using support::ShardWorld;

constexpr Partition kFirst{0};
const ports::InputPartition kInput{event::Source::kTransactions, kFirst};

// Somebody else's commit: the position of c1's partition goes to 4.
void CommitAsAnother(ShardWorld& world) {
  ports::TaskMeta meta = *world.stores.disk(kFirst).meta;
  meta.transactions_next = Offset{4};
  FakeBroker::Entry entry;
  entry.key = "m";
  entry.value = ports::EncodeMeta(meta);
  const std::int64_t epoch = world.broker.InitProducer("test.another");
  world.broker.AppendOpen("test.another", epoch, "changelog", kFirst, std::move(entry));
  const ports::InputPosition position{kInput, Offset{4}};
  world.broker.SendOffsets("test.another", epoch, std::span(&position, 1));
  world.broker.EndTransaction("test.another", epoch, /*commit=*/true);
}

// Runs on a store at 3 of 4 records; another commits the last one at the first call of a kind.
void TakeOverWhileAnotherCommits(ShardWorld& world, Call moment,
                                 const std::function<void()>& also = {}) {
  for (int day = 0; day < 3; ++day) world.AddPurchase(kFirst, "c1", day);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  world.AddPurchase(kFirst, "c1", 3);
  std::stop_source stop;
  int polls = 0;
  bool committed = false;
  world.options.until_drained = false;
  world.chaos.Watch([&](Call call) -> Status {
    if (call == Call::kPoll && ++polls == 20) stop.request_stop();
    if (call != moment || committed) return Ok();
    committed = true;
    CommitAsAnother(world);
    if (also) also();
    return Ok();
  });
  const std::optional<Status> ended = world.RunOnce(stop.get_token());
  ASSERT_TRUE(ended->has_value()) << ended->error().message;
  EXPECT_TRUE(committed);
  EXPECT_EQ(world.stores.disk(kFirst).meta->transactions_next, Offset{4});
  EXPECT_EQ(world.probe.last.counts.accepted, 0U) << "the other had it already";
}

TEST(TakeOverTest, MissesNoCommitThatLandsWhileItTakesOver) {
  ShardWorld world(1);
  // After the first and before the second of the questions that a task asks at its start.
  TakeOverWhileAnotherCommits(world, Call::kChangelogRange);
}

TEST(TakeOverTest, RefusesNothingForWhatANewOwnerHasDone) {
  ShardWorld world(1);
  // As it wakes up with its restore done, the input is read further and deleted behind that.
  TakeOverWhileAnotherCommits(world, Call::kQueryRange,
                              [&] { world.broker.SetLow("transactions", kFirst, Offset{4}); });
}

}  // namespace
}  // namespace segmentd::runtime
