// Goal: what a customer gets is a function of its own events and the partition's clock, however
// late and in whatever pieces timers fire. Method: random streams, run with many batch sizes,
// sweeps and rebuilt indexes, against the reference.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "segmentd/base/random.h"
#include "support/pipeline_harness.h"
#include "unit/pipeline/timers_reference.h"

namespace segmentd::pipeline {
namespace {

using nlohmann::json;
using support::OwnedRecord;
using support::PipelineHarness;

constexpr std::int64_t kStartMs = 1'720'000'000'000;

// Bursts of purchases and long silences of a few customers, some events late, some repeated.
std::vector<Bought> Stream(std::uint64_t seed, int n) {
  Random random(seed);
  std::vector<Bought> events;
  std::int64_t now_ms = kStartMs;
  for (int i = 0; i < n; ++i) {
    now_ms += static_cast<std::int64_t>(
        random.Exponential(random.Chance(0.03) ? 9.0 * kDayMs : 0.15 * kDayMs));
    const std::int64_t late_ms =
        random.Chance(0.1) ? static_cast<std::int64_t>(random.Below(12 * kDayMs)) : 0;
    const bool again = random.Chance(0.04) && i > 0;
    if (again) {
      events.push_back(events[random.Below(events.size())]);
    } else {
      events.push_back(
          {fmt::format("c{}", random.Below(8)), now_ms - late_ms, static_cast<std::uint64_t>(i)});
    }
  }
  return events;
}

std::vector<OwnedRecord> Records(const std::vector<Bought>& events) {
  std::vector<OwnedRecord> records;
  for (const Bought& event : events) {
    records.push_back(support::Purchase(event.customer, FormatRfc3339(event.time_ms), 20,
                                        fmt::format("e{}", event.id)));
  }
  return records;
}

// Risk scores that fall below all thresholds within some weeks; to be New is to be inactive.
model::Bundle RiskBundle() {
  model::Bundle bundle = support::OrdersBundle();
  bundle.segments[0].activity = 2;
  bundle.risk.kind = risk::Kind::kMbgNbd;
  bundle.risk.r = 1;
  bundle.risk.alpha = 1;
  bundle.risk.a = 1;
  bundle.risk.b = 3;
  bundle.risk.spend_mean = 20;
  bundle.risk.tier_mid = 100;
  bundle.risk.tier_high = 400;
  return bundle;
}

Options RiskOptions() {
  Options options = support::TestOptions();
  options.risk = {.horizon_weeks = 2, .enter = 0.5, .leave = 0.6, .lapsed = 0.2};
  return options;
}

Story StoryOf(const PipelineHarness& harness) {
  Story story;
  for (const OutRecord& record : harness.Outputs(Topic::kSegmentChanged)) {
    const json change = json::parse(record.value.value());
    story[*record.key].push_back(fmt::format("{} {} {}", change["as_of"].get<std::string>(),
                                             change["current"]["segment_id"].get<std::string>(),
                                             change["reason"].get<std::string>()));
  }
  return story;
}

Story AlertsOf(const PipelineHarness& harness) {
  Story story;
  for (const OutRecord& record : harness.Outputs(Topic::kAtRisk)) {
    const json alert = json::parse(record.value.value());
    story[*record.key].push_back(fmt::format("{} {} {}", alert["as_of"].get<std::string>(),
                                             alert["state"].get<std::string>(),
                                             alert["reason"].get<std::string>()));
  }
  return story;
}

int Count(const Story& story, std::string_view reason) {
  int count = 0;
  for (const auto& [id, lines] : story) {
    for (const std::string& line : lines) count += line.ends_with(reason) ? 1 : 0;
  }
  return count;
}

TEST(TimerStoriesTest, AreThoseOfTheReferenceInAnyPieces) {
  for (const std::uint64_t seed : {1U, 2U}) {
    const std::vector<Bought> events = Stream(seed, 600);
    Reference reference(support::TestOptions(), support::OrdersBundle());
    for (const Bought& event : events) reference.Add(event);
    reference.End();
    const Story& expected = reference.changes();
    EXPECT_GT(Count(expected, "inactivity"), 20);
    EXPECT_GT(Count(expected, "correction"), 2);

    for (const std::size_t batch_max : {std::size_t{1}, std::size_t{600}}) {
      for (const std::size_t sweep_max : {std::size_t{0}, std::size_t{1}, SIZE_MAX}) {
        PipelineHarness harness;
        harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
        harness.sweep_max = sweep_max;
        harness.Run(Records(events), batch_max);
        harness.Sweep();
        EXPECT_EQ(StoryOf(harness), expected)
            << "seed " << seed << " batch " << batch_max << " sweep " << sweep_max;
      }
    }
  }
}

TEST(TimerStoriesTest, TellOfTheSameAlertsInAnyPieces) {
  for (const std::uint64_t seed : {1U, 2U}) {
    const std::vector<Bought> events = Stream(seed, 500);
    Reference reference(RiskOptions(), RiskBundle());
    for (const Bought& event : events) reference.Add(event);
    reference.End();
    EXPECT_GT(Count(reference.alerts(), "at_risk inactivity"), 5);
    EXPECT_GT(Count(reference.alerts(), "recovered event"), 5);

    for (const std::size_t batch_max : {std::size_t{1}, std::size_t{23}}) {
      for (const std::size_t sweep_max : {std::size_t{0}, std::size_t{2}}) {
        PipelineHarness harness(RiskOptions());
        harness.pipeline().UseModel(support::LoadModel(RiskBundle()));
        harness.sweep_max = sweep_max;
        harness.Run(Records(events), batch_max);
        harness.Sweep();
        EXPECT_EQ(StoryOf(harness), reference.changes()) << "seed " << seed;
        EXPECT_EQ(AlertsOf(harness), reference.alerts())
            << "seed " << seed << " batch " << batch_max << " sweep " << sweep_max;
        EXPECT_GT(harness.effects().counts.fired[static_cast<std::size_t>(TimerKind::kRisk)], 5U);
      }
    }
  }
}

TEST(TimerStoriesTest, GiveTheTrainerTheSameInAnyPieces) {
  Options options = RiskOptions();
  options.sample = 0.8;
  options.expire_after_ms = 20 * kDayMs;
  for (const std::uint64_t seed : {1U, 2U}) {
    const std::vector<OwnedRecord> records = Records(Stream(seed, 500));
    std::map<std::string, std::string> expected;
    for (const std::size_t batch_max : {std::size_t{1}, std::size_t{23}, SIZE_MAX}) {
      for (const std::size_t sweep_max : {std::size_t{0}, std::size_t{2}}) {
        PipelineHarness harness(options);
        harness.pipeline().UseModel(support::LoadModel(RiskBundle()));
        harness.sweep_max = sweep_max;
        harness.Run(records, batch_max);
        harness.RebuildTimers();
        harness.Sweep();
        const auto samples = support::SamplesByCustomer(harness.effects().outputs);
        if (expected.empty()) expected = samples;
        EXPECT_EQ(samples, expected)
            << "seed " << seed << " batch " << batch_max << " sweep " << sweep_max;
        EXPECT_GT(harness.effects().counts.fired[static_cast<std::size_t>(TimerKind::kExpiry)], 3U);
      }
    }
    EXPECT_GT(expected.size(), 4U);
    EXPECT_LT(expected.size(), 9U);
  }
}

TEST(TimerStoriesTest, AreTheSameWithAnIndexRebuiltFromTheStoredCustomers) {
  PipelineHarness harness;
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  const std::vector<Bought> events = Stream(7, 500);
  Reference reference(support::TestOptions(), support::OrdersBundle());
  for (const Bought& event : events) reference.Add(event);
  reference.End();
  const std::vector<OwnedRecord> records = Records(events);
  Random random(7);
  for (std::size_t from = 0; from < records.size();) {
    const std::size_t n = std::min<std::size_t>(1 + random.Below(60), records.size() - from);
    harness.sweep_max = random.Below(3) * 20;
    harness.Run({records.begin() + static_cast<std::ptrdiff_t>(from),
                 records.begin() + static_cast<std::ptrdiff_t>(from + n)});
    from += n;
    harness.RebuildTimers();
  }
  harness.Sweep();
  EXPECT_EQ(StoryOf(harness), reference.changes());
}

TEST(TimerStoriesTest, EndAlikeWhereCustomersExpireWithinABatchAndBySweeps) {
  Options options = support::TestOptions();
  options.expire_after_ms = 20 * kDayMs;
  options.allowed_lateness_ms = 10 * kDayMs;
  const std::vector<OwnedRecord> records = Records(Stream(5, 400));
  Story expected;
  for (const std::size_t sweep_max : {SIZE_MAX, std::size_t{0}}) {
    PipelineHarness harness(options);
    harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
    harness.sweep_max = sweep_max;
    harness.Run(records, sweep_max == 0 ? SIZE_MAX : 1);
    harness.Sweep();
    Story story;
    for (const OutRecord& record : harness.effects().outputs) {
      story[*record.key].push_back(record.value.value_or("(tombstone)"));
    }
    if (expected.empty()) expected = story;
    EXPECT_EQ(story, expected);
    EXPECT_GT(harness.effects().counts.fired[static_cast<std::size_t>(TimerKind::kExpiry)], 3U);
  }
}

}  // namespace
}  // namespace segmentd::pipeline
