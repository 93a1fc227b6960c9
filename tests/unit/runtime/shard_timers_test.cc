// What happens when nothing happens: the shard over fakes, whose polls move the clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "segmentd/base/time_text.h"
#include "segmentd/pipeline/sample.h"
#include "support/shard_world.h"

namespace segmentd::runtime {
namespace {

using pipeline::Topic;
using support::Call;
using support::FakeBroker;
using support::ShardProcess;
using support::ShardWorld;

constexpr Partition kFirst{0};
constexpr Partition kSecond{1};
constexpr std::int64_t kGraceMs = 30 * kSecondMs;
const ports::InputPartition kInput{event::Source::kTransactions, kFirst};

// Runs a shard as a daemon until so much time has passed; before each poll, `meanwhile` may act.
void RunFor(ShardWorld& world, std::int64_t ms, const std::function<void()>& meanwhile = {}) {
  std::stop_source stop;
  const std::int64_t end_ns = world.clock.MonotonicNs() + ms * 1'000'000;
  world.options.until_drained = false;
  world.options.idle_grace_ms = kGraceMs;
  world.chaos.Watch([&](Call call) {
    if (call != Call::kPoll) return Ok();
    if (meanwhile) meanwhile();
    if (world.clock.MonotonicNs() >= end_ns) stop.request_stop();
    return Ok();
  });
  ShardProcess process(world.broker, world.clock, world.stores, world.chaos, world.probe,
                       world.models, world.options);
  const Status ended = process.shard.Run(stop.get_token());
  EXPECT_TRUE(ended.has_value()) << ended.error().message;
  world.chaos.Watch({});
}

// A customer that becomes Loyal by the sixth day, and New again when it stays away.
void AddLoyal(ShardWorld& world, Partition partition, const std::string& customer) {
  for (int day = 0; day < 6; ++day) world.AddPurchase(partition, customer, day);
}

std::vector<std::string> ByInactivity(ShardWorld& world, Partition partition) {
  std::vector<std::string> found;
  for (const std::string& text : world.Output(Topic::kSegmentChanged, partition)) {
    if (text.find("ce_reason=inactivity") != std::string::npos) found.push_back(text);
  }
  return found;
}

TEST(ShardTimersTest, FiresTheTimersThatAnothersEventsHaveBroughtDue) {
  ShardWorld world(1);
  AddLoyal(world, kFirst, "quiet");
  world.AddPurchase(kFirst, "other", 60);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_THAT(ByInactivity(world, kFirst), testing::ElementsAre(testing::StartsWith("quiet")));
  EXPECT_EQ(world.Violations(), "");
}

TEST(ShardTimersTest, EndsARunOnlyWhenTheDueTimersOfItsClockAreCommitted) {
  ShardWorld world(1);
  for (int i = 0; i < 2000; ++i) AddLoyal(world, kFirst, fmt::format("c{}", i));
  world.AddPurchase(kFirst, "other", 60);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_EQ(ByInactivity(world, kFirst).size(), 2000U);
  const auto& disk = world.stores.disk(kFirst);
  ASSERT_FALSE(disk.timers.empty());
  EXPECT_GT(disk.timers.begin()->deadline_ms, disk.meta->clock_ms);
}

TEST(ShardTimersTest, LetsChangesWaitForTheIntervalWhileMoreTimersAreDue) {
  ShardWorld world(1);
  for (int i = 0; i < 2000; ++i) AddLoyal(world, kFirst, fmt::format("c{}", i));
  world.options.change_within_ms = 0;
  world.options.commit_interval_ms = 3'600'000;
  RunFor(world, kSecondMs);
  ASSERT_TRUE(ByInactivity(world, kFirst).empty());
  world.AddPurchase(kFirst, "other", 60);
  const std::size_t commits = world.probe.commits.size();
  RunFor(world, kSecondMs);
  EXPECT_EQ(ByInactivity(world, kFirst).size(), 2000U);
  EXPECT_EQ(world.probe.commits.size() - commits, 1U) << "the changes of all slices in one";
}

TEST(ShardTimersTest, ACommitTakesNoMoreCustomersOfAStormThanATurnHasTimeFor) {
  ShardWorld world(1);
  for (int i = 0; i < 2000; ++i) AddLoyal(world, kFirst, fmt::format("c{}", i));
  world.options.commit_interval_ms = 3'600'000;
  world.options.change_within_ms = 3'600'000;
  RunFor(world, kSecondMs);
  world.AddPurchase(kFirst, "other", 60);
  world.options.commit_customers_due_max = 700;
  const std::size_t commits = world.probe.commits.size();
  RunFor(world, kSecondMs);
  EXPECT_EQ(ByInactivity(world, kFirst).size(), 2000U);
  EXPECT_GE(world.probe.commits.size() - commits, 2U);
}

TEST(ShardTimersTest, ACommitTakesNoMoreCustomersOfABacklogThanATurnHasTimeFor) {
  ShardWorld world(1);
  for (int i = 0; i < 300; ++i) AddLoyal(world, kFirst, fmt::format("c{}", i));
  world.options.commit_interval_ms = 3'600'000;
  world.options.change_within_ms = 3'600'000;
  world.options.commit_customers_max = 100;
  world.options.poll_records_max = 100;
  RunFor(world, kSecondMs);
  EXPECT_GE(world.probe.commits.size(), 2U);
}

TEST(ShardTimersTest, FiresWhatACrashLeftDueAlthoughTheInputIsUsedUp) {
  ShardWorld world(1);
  AddLoyal(world, kFirst, "quiet");
  world.AddPurchase(kFirst, "other", 60);
  // The process dies between the input's last commit and the timers.
  world.chaos.Watch([&](Call call) -> Status {
    if (call == Call::kPoll && world.broker.Committed(kInput) == Offset{7}) throw support::Crash{};
    return Ok();
  });
  world.options.commit_records_max = 1;
  while (!world.RunOnce() && world.crashes < 3) {
  }
  world.chaos.Watch({});
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_EQ(ByInactivity(world, kFirst).size(), 1U);
}

TEST(ShardTimersTest, NeverMovesTheClockByWallTimeWhenItIsToEnd) {
  ShardWorld world(1);
  AddLoyal(world, kFirst, "quiet");
  world.options.idle_grace_ms = 1;
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_TRUE(ByInactivity(world, kFirst).empty());
}

TEST(ShardTimersTest, WallTimeMovesTheClockOfADrainedPartition) {
  ShardWorld world(1);
  AddLoyal(world, kFirst, "quiet");
  const std::int64_t began_ms = world.clock.WallMs();
  RunFor(world, 4 * kGraceMs);
  EXPECT_EQ(ByInactivity(world, kFirst).size(), 1U);
  // As of the commit that the timers caused.
  const std::int64_t clock_ms = world.stores.disk(kFirst).meta->clock_ms;
  EXPECT_GT(clock_ms, began_ms - kGraceMs);
  EXPECT_LE(clock_ms, world.clock.WallMs() - kGraceMs);
}

// The days of the customer's samples, without repeats.
std::set<std::string> SampledOn(ShardWorld& world, const std::string& customer) {
  std::set<std::string> days;
  for (const auto& entry : world.broker.log(FakeBroker::OutputTopic(Topic::kSamples), kFirst)) {
    if (!entry.visible() || entry.key != customer) continue;
    const auto sample = pipeline::DecodeSample(*entry.value);
    EXPECT_TRUE(sample.ok());
    days.insert(FormatRfc3339(sample->as_of_ms).substr(0, 10));
  }
  return days;
}

TEST(ShardTimersTest, CommitsTheSamplesOfLooksThatNothingElseCameOf) {
  ShardWorld world(1);
  world.AddPurchase(kFirst, "quiet", 0);
  world.AddPurchase(kFirst, "other", 3);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  EXPECT_TRUE(ByInactivity(world, kFirst).empty());
  EXPECT_EQ(SampledOn(world, "quiet").size(), 3U) << "its purchase, and after one day and two";
}

// Wall time brings looks due, of which nothing comes but samples; the process dies at each of the
// first commits.
std::set<std::string> SampledDespite(int crashes) {
  ShardWorld world(1);
  world.AddPurchase(kFirst, "quiet", 0);
  EXPECT_TRUE(world.RunUntilDrained().has_value());
  world.options.store_interval_ms = 0;
  int commits = 0;
  std::stop_source stop;
  const std::int64_t end_ns = world.clock.MonotonicNs() + 8 * kGraceMs * 1'000'000;
  world.options.until_drained = false;
  world.options.idle_grace_ms = kGraceMs;
  world.chaos.Watch([&](Call call) -> Status {
    if (call == Call::kCommit && ++commits <= crashes) throw support::Crash{};
    if (call == Call::kPoll && world.clock.MonotonicNs() >= end_ns) stop.request_stop();
    return Ok();
  });
  while (!world.RunOnce(stop.get_token())) {
  }
  EXPECT_EQ(world.crashes, crashes);
  world.chaos.Watch({});
  EXPECT_EQ(world.Violations(), "");
  return SampledOn(world, "quiet");
}

TEST(ShardTimersTest, TakesALookAgainWhoseSampleWasNotCommitted) {
  const std::set<std::string> sampled = SampledDespite(0);
  EXPECT_GT(sampled.size(), 2U);
  EXPECT_EQ(SampledDespite(3), sampled);
}

TEST(ShardTimersTest, SilenceShorterThanTheGraceMovesNothing) {
  ShardWorld world(1);
  AddLoyal(world, kFirst, "quiet");
  int polls = 0;
  // Something, if only a marker, comes in again and again.
  RunFor(world, 6 * kGraceMs, [&] {
    if (++polls % 50 == 0) world.AddPurchase(kFirst, "other", 5);
  });
  EXPECT_TRUE(ByInactivity(world, kFirst).empty());
}

TEST(ShardTimersTest, AHangingTransactionUpstreamIsNoSilence) {
  ShardWorld world(1);
  AddLoyal(world, kFirst, "quiet");
  const std::int64_t epoch = world.broker.InitProducer("upstream");
  world.broker.AppendOpen("upstream", epoch, "transactions", kFirst, {});
  double held_back_s = 0;
  RunFor(world, 4 * kGraceMs, [&] {
    if (!world.probe.last.partitions.empty()) {
      held_back_s = std::max(held_back_s, world.probe.last.partitions[0].held_back_s);
    }
  });
  EXPECT_TRUE(ByInactivity(world, kFirst).empty());
  EXPECT_GT(held_back_s, kGraceMs / kSecondMs);

  world.broker.EndTransaction("upstream", epoch, /*commit=*/false);
  RunFor(world, 4 * kGraceMs);
  EXPECT_EQ(ByInactivity(world, kFirst).size(), 1U);
}

TEST(ShardTimersTest, ABrokerThatCannotBeAskedProvesNothing) {
  ShardWorld world(1);
  AddLoyal(world, kFirst, "quiet");
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  std::stop_source stop;
  int polls = 0;
  world.options.until_drained = false;
  world.options.idle_grace_ms = kGraceMs;
  bool running = false;
  world.chaos.Watch([&](Call call) -> Status {
    if (call == Call::kPoll && ++polls == 900) stop.request_stop();
    for (const auto& partition : world.probe.last.partitions) {
      running = running || partition.state == ports::TaskState::kRunning;
    }
    return running && call == Call::kQueryRange ? Fail(Code::kRetry, "away") : Ok();
  });
  const std::optional<Status> ended = world.RunOnce(stop.get_token());
  ASSERT_TRUE(ended->has_value());
  EXPECT_TRUE(running);
  EXPECT_TRUE(ByInactivity(world, kFirst).empty());
}

TEST(ShardTimersTest, OnePartitionsClockDoesNotWaitForAnothers) {
  ShardWorld world(2);
  AddLoyal(world, kFirst, "quiet");
  AddLoyal(world, kSecond, "held");
  const std::int64_t epoch = world.broker.InitProducer("upstream");
  world.broker.AppendOpen("upstream", epoch, "transactions", kSecond, {});
  RunFor(world, 4 * kGraceMs);
  EXPECT_EQ(ByInactivity(world, kFirst).size(), 1U);
  EXPECT_TRUE(ByInactivity(world, kSecond).empty());
}

TEST(ShardTimersTest, AWallThatJumpsByAnHourAndBackFiresNothingEarly) {
  for (const std::int64_t jump_ms : {3'600 * kSecondMs, -3'600 * kSecondMs}) {
    ShardWorld world(1);
    AddLoyal(world, kFirst, "quiet");
    std::int64_t clock_ms = INT64_MIN;
    int polls = 0;
    RunFor(world, 8 * kGraceMs, [&] {
      ++polls;
      if (polls == 500) world.clock.JumpMs(jump_ms);
      if (polls == 550) world.clock.JumpMs(-jump_ms);
      for (const auto& partition : world.probe.last.partitions) {
        EXPECT_GE(partition.clock_ms, clock_ms) << "it never goes back";
        clock_ms = partition.clock_ms;
        if (polls >= 500 && polls <= 550) continue;
        EXPECT_LE(clock_ms, world.clock.WallMs() - kGraceMs);
      }
    });
    EXPECT_GT(polls, 600);
    EXPECT_EQ(ByInactivity(world, kFirst).size(), 1U);
  }
}

TEST(ShardTimersTest, AnEventBehindADeadlineThatWallTimeFiredCorrects) {
  ShardWorld world(1);
  AddLoyal(world, kFirst, "quiet");
  RunFor(world, 4 * kGraceMs);
  ASSERT_EQ(ByInactivity(world, kFirst).size(), 1U);
  // Two months behind the wall's 115th day, but ahead of the allowed lateness of the input's own.
  for (int i = 0; i < 6; ++i) world.AddPurchase(kFirst, "quiet", 90 + i);
  RunFor(world, 2 * kGraceMs);
  EXPECT_THAT(world.Output(Topic::kSegmentChanged, kFirst).back(),
              testing::HasSubstr("ce_reason=correction"));
  EXPECT_EQ(world.Violations(), "");
}

TEST(ShardTimersTest, AStormPollsBetweenItsSlicesAndEndsAsADrizzleDoes) {
  const int customers = 3000;
  ShardWorld storm(1);
  for (int i = 0; i < customers; ++i) AddLoyal(storm, kFirst, fmt::format("c{}", i));
  ASSERT_TRUE(storm.RunUntilDrained().has_value());
  storm.AddPurchase(kFirst, "other", 60);
  std::uint64_t polls = 0;
  storm.chaos.Watch([&](Call call) {
    polls += call == Call::kPoll ? 1 : 0;
    return Ok();
  });
  ASSERT_TRUE(storm.RunUntilDrained().has_value());
  const std::uint64_t fired = storm.probe.last.counts.fired[0];
  EXPECT_GT(fired, 10U * customers);
  EXPECT_GE(polls, fired / 512);

  ShardWorld drizzle(1);
  for (int i = 0; i < customers; ++i) AddLoyal(drizzle, kFirst, fmt::format("c{}", i));
  ASSERT_TRUE(drizzle.RunUntilDrained().has_value());
  for (int day = 6; day <= 60; ++day) {
    drizzle.AddPurchase(kFirst, "drizzle", day);
    ASSERT_TRUE(drizzle.RunUntilDrained().has_value());
  }
  const auto of_customers = [](ShardWorld& world) {
    std::vector<std::string> texts = world.Output(Topic::kSegmentChanged, kFirst);
    std::erase_if(texts, [](const std::string& text) { return text[0] != 'c'; });
    std::stable_sort(texts.begin(), texts.end(), [](const auto& a, const auto& b) {
      return a.substr(0, a.find(' ')) < b.substr(0, b.find(' '));
    });
    return texts;
  };
  EXPECT_EQ(of_customers(storm), of_customers(drizzle));
  EXPECT_EQ(ByInactivity(storm, kFirst).size(), static_cast<std::size_t>(customers));
}

}  // namespace
}  // namespace segmentd::runtime
