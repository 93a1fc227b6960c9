// Goal: what another model says of a customer is told as the model's doing, never as the
// customer's, and what the customer does afterwards still is told. Method: one customer, looked at
// before and after a switch; then random streams with a switch amid, in many pieces and with
// indexes rebuilt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "segmentd/base/random.h"
#include "segmentd/base/time_text.h"
#include "support/bundles.h"
#include "support/pipeline_harness.h"

namespace segmentd::pipeline {
namespace {

using nlohmann::json;
using support::OwnedRecord;
using support::PipelineHarness;

constexpr std::int64_t kStartMs = 1'720'000'000'000;

Options RiskOptions() {
  Options options = support::TestOptions();
  options.risk = {.horizon_weeks = 2, .enter = 0.5, .leave = 0.6, .lapsed = 0.05};
  return options;
}

// alpha: weeks; the smaller, the sooner a silence is too long.
model::Bundle Bundle(std::uint32_t sequence, double alpha) {
  model::Bundle bundle = support::OrdersBundle();
  bundle.sequence = sequence;
  bundle.risk.kind = risk::Kind::kMbgNbd;
  bundle.risk.r = bundle.risk.a = 1;
  bundle.risk.alpha = alpha;
  bundle.risk.b = 3;
  bundle.risk.spend_mean = 20;
  bundle.risk.tier_mid = 100;
  bundle.risk.tier_high = 100'000;
  return bundle;
}

std::shared_ptr<const Model> Patient() {
  static const auto model = support::LoadModel(Bundle(1, 6));
  return model;
}

std::shared_ptr<const Model> Impatient() {
  static const auto model = support::LoadModel(Bundle(2, 0.5));
  return model;
}

// For whom the same orders are another segment, of the inactive.
std::shared_ptr<const Model> Stern() {
  model::Bundle bundle = Bundle(3, 6);
  bundle.segments[0].activity = 0;
  bundle.segments[0].centroid(0) = 6;
  bundle.segments[1].centroid(0) = 30;
  bundle.segments[2].centroid(0) = 60;
  return support::LoadModel(bundle);
}

OwnedRecord Purchase(const std::string& customer, int day) {
  return support::Purchase(customer, FormatRfc3339(kStartMs + day * kDayMs), 20);
}

// Every third day for a month.
std::vector<OwnedRecord> Regular() {
  std::vector<OwnedRecord> records;
  for (int day = 0; day <= 30; day += 3) records.push_back(Purchase("c1", day));
  return records;
}

std::vector<json> Values(const PipelineHarness& harness, Topic topic) {
  std::vector<json> values;
  for (const OutRecord& record : harness.Outputs(topic)) {
    values.push_back(json::parse(record.value.value()));
  }
  return values;
}

// The day of the first alert when a model judges from the beginning.
int AlertDay(const std::shared_ptr<const Model>& model) {
  PipelineHarness harness(RiskOptions());
  harness.UseModel(model);
  harness.Run(Regular());
  for (int day = 31;; ++day) {
    harness.PassTime(kStartMs + day * kDayMs);
    if (!harness.Outputs(Topic::kAtRisk).empty()) return day;
  }
}

TEST(ModelSwitchTest, RaisesNoAlertOfASilenceThatAnotherModelJudged) {
  const int patient_day = AlertDay(Patient());
  const int impatient_day = AlertDay(Impatient());
  ASSERT_LT(impatient_day + 2, patient_day);
  PipelineHarness harness(RiskOptions());
  harness.UseModel(Patient());
  harness.Run(Regular());
  harness.PassTime(kStartMs + (patient_day - 1) * kDayMs);
  ASSERT_TRUE(harness.Outputs(Topic::kAtRisk).empty());
  harness.UseModel(Impatient());
  harness.PassTime(kStartMs + (patient_day + 30) * kDayMs);
  for (const json& alert : Values(harness, Topic::kAtRisk)) EXPECT_EQ(alert["state"], "lapsed");
}

TEST(ModelSwitchTest, StillTellsOfASilenceThatGrowsTooLongAfterwards) {
  const int day = AlertDay(Impatient());
  PipelineHarness harness(RiskOptions());
  harness.UseModel(Patient());
  harness.Run(Regular());
  harness.PassTime(kStartMs + (day - 1) * kDayMs);
  harness.UseModel(Impatient());
  harness.PassTime(kStartMs + (day + 30) * kDayMs);
  PipelineHarness always(RiskOptions());
  always.UseModel(Impatient());
  always.Run(Regular());
  always.PassTime(kStartMs + (day + 30) * kDayMs);
  const std::vector<json> alerts = Values(harness, Topic::kAtRisk);
  ASSERT_FALSE(alerts.empty());
  EXPECT_EQ(alerts[0]["state"], "at_risk");
  EXPECT_EQ(alerts[0]["as_of"], Values(always, Topic::kAtRisk)[0]["as_of"]);
}

TEST(ModelSwitchTest, SaysThatTheModelMovedWhomItMoved) {
  PipelineHarness harness(RiskOptions());
  harness.UseModel(Patient());
  harness.Run(Regular());
  const json before = Values(harness, Topic::kSegmentChanged).back();
  ASSERT_EQ(before["current"]["name"], "Champions");
  const auto model = Stern();
  harness.UseModel(model);
  harness.Run({Purchase("c1", 33)});

  const std::vector<json> changes = Values(harness, Topic::kSegmentChanged);
  const json& moved = changes.back();
  EXPECT_EQ(moved["reason"], "model");
  EXPECT_EQ(moved["cause"], (json{{"kind", "model"}, {"version", model->version}}));
  EXPECT_EQ(moved["previous"]["segment_id"], before["current"]["segment_id"]);
  EXPECT_EQ(moved["previous"]["name"], "Champions");
  EXPECT_EQ(moved["ordinal"].get<int>(), before["ordinal"].get<int>() + 1);
  EXPECT_EQ(*ParseRfc3339(moved["as_of"].get<std::string>()), kStartMs + 30 * kDayMs)
      << "as of the switch, or of its last event";
  EXPECT_EQ(moved["current"]["activity"], 0);
  EXPECT_EQ(moved["at_risk"]["crossed"], false);
  EXPECT_TRUE(harness.Outputs(Topic::kAtRisk).empty()) << "a model's drop is no alert";
}

TEST(ModelSwitchTest, LeavesACustomerAloneWhomTheModelsAgreeOn) {
  PipelineHarness harness(RiskOptions());
  harness.UseModel(Patient());
  harness.Run(Regular());
  const auto states = harness.states();
  const auto outputs = harness.effects().outputs.size();
  harness.UseModel(Impatient());
  harness.PassTime(kStartMs + 31 * kDayMs + 1);
  EXPECT_GT(harness.effects().counts.fired[static_cast<std::size_t>(TimerKind::kAgeing)], 0U);
  EXPECT_EQ(harness.states(), states);
  EXPECT_EQ(harness.effects().outputs.size(), outputs);
}

std::vector<OwnedRecord> Stream(std::uint64_t seed, int n) {
  Random random(seed);
  std::vector<OwnedRecord> records;
  std::int64_t now_ms = kStartMs;
  for (int i = 0; i < n; ++i) {
    now_ms += static_cast<std::int64_t>(
        random.Exponential(random.Chance(0.03) ? 9.0 * kDayMs : 0.15 * kDayMs));
    const std::int64_t late_ms =
        random.Chance(0.1) ? static_cast<std::int64_t>(random.Below(12 * kDayMs)) : 0;
    records.push_back(support::Purchase(fmt::format("c{}", random.Below(12)),
                                        FormatRfc3339(now_ms - late_ms), 20,
                                        fmt::format("e{}", i)));
  }
  return records;
}

// By customer and topic.
std::map<std::string, std::string> StoriesOf(const PipelineHarness& harness) {
  std::map<std::string, std::string> stories;
  for (const auto& [customer, samples] : support::SamplesByCustomer(harness.effects().outputs)) {
    stories[customer + " samples"] = samples;
  }
  for (const OutRecord& record : harness.effects().outputs) {
    if (record.topic == Topic::kSamples) continue;
    stories[fmt::format("{} {}", *record.key, static_cast<int>(record.topic))] +=
        record.value.value_or("(tombstone)") + '\n';
  }
  return stories;
}

TEST(ModelSwitchTest, GivesTheSameInAnyPiecesAndWithRebuiltIndexes) {
  Options options = RiskOptions();
  options.sample = 1;
  for (const std::uint64_t seed : {1U, 2U}) {
    const std::vector<OwnedRecord> records = Stream(seed, 600);
    std::map<std::string, std::string> expected;
    for (const bool rebuilt : {false, true}) {
      for (const std::size_t batch_max : {std::size_t{1}, std::size_t{40}, SIZE_MAX}) {
        for (const std::size_t sweep_max : {std::size_t{0}, std::size_t{2}}) {
          PipelineHarness harness(options);
          harness.sweep_max = sweep_max;
          const std::shared_ptr<const Model> models[] = {Patient(), Impatient(), Stern()};
          for (std::size_t i = 0; i < 3; ++i) {
            harness.UseModel(models[i]);
            if (rebuilt) harness.RebuildTimers();
            if (rebuilt) harness.Follow(4);
            const auto from = records.begin() + static_cast<std::ptrdiff_t>(i * 200);
            harness.Run({from, from + 200}, batch_max);
            while (harness.Follow(3)) {
            }
            while (harness.Sweep()) {
            }
          }
          const auto stories = StoriesOf(harness);
          if (expected.empty()) expected = stories;
          EXPECT_EQ(stories, expected) << "seed " << seed << " batch " << batch_max << " sweep "
                                       << sweep_max << (rebuilt ? " rebuilt" : "");
        }
      }
    }
    std::string all;
    for (const auto& [key, story] : expected) all += story;
    EXPECT_THAT(all, testing::HasSubstr(R"("reason":"model")"));
    EXPECT_THAT(all, testing::HasSubstr(R"("state":"at_risk","as_of")"));
  }
}

}  // namespace
}  // namespace segmentd::pipeline
