#include "app/overview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace segmentd::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Overview Started() {
  Overview overview;
  overview.topics_verified = true;
  return overview;
}

ports::ShardStatus Shard(ports::TaskState state = ports::TaskState::kRunning) {
  ports::ShardStatus shard;
  shard.joined = true;
  shard.partitions.emplace_back();
  shard.partitions.back().partition = Partition{2};
  shard.partitions.back().state = state;
  return shard;
}

TEST(ReadinessTest, HoldsWhenEveryPartitionRuns) {
  const auto shards = {Shard()};
  EXPECT_THAT(ReasonsNotReady(Started(), shards), IsEmpty());
  EXPECT_EQ(Phase(Started(), shards), "running");
}

TEST(ReadinessTest, HoldsWithoutPartitionsOnceJoined) {
  ports::ShardStatus shard;
  shard.joined = true;
  EXPECT_THAT(ReasonsNotReady(Started(), {&shard, 1}), IsEmpty());
}

TEST(ReadinessTest, TellsWhatTheStartWaitsFor) {
  Overview overview;
  overview.waiting_for = "the input topic tx does not exist";
  EXPECT_THAT(ReasonsNotReady(overview, {}), ElementsAre("the input topic tx does not exist"));
  EXPECT_EQ(Phase(overview, {}), "starting");
}

TEST(ReadinessTest, WaitsForEveryShardToJoin) {
  Overview overview = Started();
  overview.shards = 2;
  const auto shards = {Shard()};
  EXPECT_THAT(ReasonsNotReady(overview, shards),
              ElementsAre("shard 1 has not joined the group yet"));
  EXPECT_EQ(Phase(overview, shards), "starting");
}

TEST(ReadinessTest, NamesThePartitionThatIsRestoring) {
  auto shard = Shard(ports::TaskState::kRestoring);
  shard.partitions[0].problem = "reading the changelog";
  EXPECT_THAT(ReasonsNotReady(Started(), {&shard, 1}),
              ElementsAre("partition 2 is restoring: reading the changelog"));
  EXPECT_EQ(Phase(Started(), {&shard, 1}), "restoring");
}

TEST(ReadinessTest, PassesAShardsProblemOn) {
  auto shard = Shard();
  shard.problem = "brokers away";
  EXPECT_THAT(ReasonsNotReady(Started(), {&shard, 1}), ElementsAre("shard 0: brokers away"));
}

TEST(ReadinessTest, SaysThatAShardStandsStillWhichCannotSayItItself) {
  Overview overview = Started();
  overview.still[0] = 12'345;
  const auto shards = {Shard()};
  EXPECT_THAT(ReasonsNotReady(overview, shards),
              ElementsAre(HasSubstr("shard 0: the loop has stood in one call for 12 s")));
  EXPECT_THAT(StatusJson(overview, shards, 0),
              HasSubstr(R"("problem":"the loop has stood in one call for 12 s)"));
}

TEST(ReadinessTest, EndsWithTheRequestToStop) {
  Overview overview = Started();
  overview.stopping = true;
  const auto shards = {Shard()};
  EXPECT_THAT(ReasonsNotReady(overview, shards), ElementsAre("the daemon is stopping"));
  EXPECT_EQ(Phase(overview, shards), "draining");
}

TEST(ReadinessTest, DoesNotWaitForAShardThatIsDone) {
  Overview overview = Started();
  overview.shards = 2;
  overview.ended = {1};
  const auto shards = {Shard()};
  EXPECT_THAT(ReasonsNotReady(overview, shards), IsEmpty());
}

TEST(PhaseTest, IsCatchingUpWhileRecordsAreOld) {
  auto shard = Shard();
  shard.partitions[0].lag_seconds = 60;
  EXPECT_EQ(Phase(Started(), {&shard, 1}), "catching_up");
}

TEST(LivenessTest, IsAboutTheLoopsTurns) {
  auto shard = Shard();
  shard.tick_ms = 1000;
  EXPECT_TRUE(IsAlive(Started(), {&shard, 1}, 30'999));
  EXPECT_FALSE(IsAlive(Started(), {&shard, 1}, 31'000));
  EXPECT_TRUE(IsAlive(Started(), {}, 99'000)) << "before the shards, the start may wait";
  Overview done = Started();
  done.ended = {0};
  EXPECT_TRUE(IsAlive(done, {&shard, 1}, 99'000));
}

TEST(ReadyJsonTest, HasReasonsPhaseAndModel) {
  Overview overview = Started();
  const auto shards = {Shard()};
  EXPECT_EQ(ReadyJson(overview, shards),
            R"({"ready":true,"reasons":[],"phase":"running","model":null})");
  overview.stopping = true;
  overview.model_version = "v1";
  EXPECT_EQ(
      ReadyJson(overview, shards),
      R"({"ready":false,"reasons":["the daemon is stopping"],"phase":"draining","model":"v1"})");
}

TEST(StatusJsonTest, ShowsShardsPartitionsAndCountsButNoCustomer) {
  auto shard = Shard();
  shard.counts.records = 7;
  shard.counts.rejected[0] = 2;
  const std::string json = StatusJson(Started(), {&shard, 1}, 0);
  EXPECT_THAT(json, HasSubstr(R"("partition":2,"state":"running")"));
  EXPECT_THAT(json, HasSubstr(R"("records":7)"));
  EXPECT_THAT(json, HasSubstr(R"("rejected":{"malformed":2})"));
  EXPECT_THAT(json, HasSubstr(R"("lag_records":null)"));
}

TEST(StatusJsonTest, ShowsTheTimeOfPartitionsAndWhatCameOfIt) {
  auto shard = Shard();
  shard.partitions[0].clock_ms = 1'790'000'000'000;
  shard.partitions[0].drained = true;
  shard.partitions[0].timers = 12;
  shard.partitions[0].next_timer_ms = 1'790'000'001'000;
  shard.counts.late = 3;
  shard.counts.lateness.Add(4'000);
  shard.counts.lateness.Add(59'000);
  shard.counts.lateness.Add(30 * kDayMs);
  shard.counts.rejected[static_cast<std::size_t>(event::RejectCode::kFromFuture)] = 2;
  shard.counts.fired = {5, 1, 0};
  const std::string json = StatusJson(Started(), {&shard, 1}, 0);
  EXPECT_THAT(json, HasSubstr(R"("clock":"2026-09-21T14:13:20.000Z","drained":true,"timers":12,)"
                              R"("next_timer":"2026-09-21T14:13:21.000Z")"));
  EXPECT_THAT(json,
              HasSubstr(R"("late":3,"late_within_seconds":{"1":0,"5":1,"15":0,"60":1,"300":0,)"
                        R"("3600":0,"86400":0,"604800":0,"more":1},"from_future":2)"));
  EXPECT_THAT(json, HasSubstr(R"("timers_fired":{"ageing":5,"risk":1,"expiry":0})"));
}

}  // namespace
}  // namespace segmentd::app
