#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "segmentd/runtime/shard.h"
#include "support/shard_world.h"

namespace segmentd::runtime {
namespace {

using pipeline::Topic;
using support::FakeBroker;
using support::ShardProcess;
using support::ShardWorld;

constexpr Partition kFirst{0};

TEST(ShardOutputsTest, KeepsAllButTheValueOfADeadLetterThatItsTopicRefuses) {
  ShardWorld world(1);
  FakeBroker::Entry entry;
  entry.key = "c1";
  entry.value = std::string(4000, '{');
  entry.headers = {{"trace", "t1"}};
  world.broker.Append(FakeBroker::InputTopic(event::Source::kTransactions), kFirst, entry);
  ShardProcess process(world.broker, world.clock, world.stores, world.chaos, world.probe,
                       world.models, world.options);
  process.sink.RefuseLargerThan(2000);
  ASSERT_TRUE(process.shard.Run({}).has_value());
  const auto letters = world.Output(Topic::kDlq, kFirst);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_THAT(letters[0],
              testing::StartsWith("c1 = (null) trace=t1 segmentd.error.code=malformed"));
  EXPECT_THAT(letters[0], testing::HasSubstr("segmentd.error.offset=0"));
  EXPECT_THAT(letters[0], testing::HasSubstr("segmentd.error.value_left_out="));
}

TEST(ShardOutputsTest, WritesTheStateOfEachTouchedCustomerPerCommitWhenAsked) {
  ShardWorld world(1);
  world.options.state_every_commit = true;
  for (int day = 0; day < 3; ++day) world.AddPurchase(kFirst, "c1", day);
  world.AddPurchase(kFirst, "c2", 3);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  const auto states = world.Output(Topic::kCustomerState, kFirst);
  EXPECT_THAT(states, testing::Contains(testing::StartsWith("c1")));
  EXPECT_THAT(states.back(), testing::HasSubstr("\"last_event\""));
}

TEST(ShardOutputsTest, WritesNoStateOfACustomerWhoHasAProfileAlone) {
  ShardWorld world(1, /*profiles=*/true);
  world.options.state_every_commit = true;
  FakeBroker::Entry entry;
  entry.key = "c1";
  entry.value = R"({"customer_id":"c1","age":41})";
  world.broker.Append(FakeBroker::InputTopic(event::Source::kProfiles), kFirst, entry);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_EQ(world.stores.disk(kFirst).images.size(), 1U);
  EXPECT_TRUE(world.Output(Topic::kCustomerState, kFirst).empty());
}

}  // namespace
}  // namespace segmentd::runtime
