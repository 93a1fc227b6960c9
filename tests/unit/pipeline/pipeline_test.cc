#include "segmentd/pipeline/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/bundles.h"
#include "support/pipeline_harness.h"

namespace segmentd::pipeline {
namespace {

using nlohmann::json;
using support::HeaderOf;
using support::OwnedRecord;
using support::PipelineHarness;
using support::Purchase;

// n purchases of one customer, a day apart from 2026-11-01.
std::vector<OwnedRecord> DailyPurchases(const std::string& customer, int n, int from_day = 1) {
  std::vector<OwnedRecord> records;
  for (int i = 0; i < n; ++i) {
    const std::string time = fmt::format("2026-11-{:02}T12:00:00Z", from_day + i);
    records.push_back(Purchase(customer, time, 20));
  }
  return records;
}

json Value(const OutRecord& record) { return json::parse(record.value.value()); }

TEST(PipelineTest, ACustomersFirstEventUnderAModelEntersASegment) {
  PipelineHarness harness;
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run(DailyPurchases("c1", 1));

  const auto changes = harness.Outputs(Topic::kSegmentChanged);
  ASSERT_EQ(changes.size(), 1U);
  const json change = Value(changes[0]);
  EXPECT_EQ(change["customer_id"], "c1");
  EXPECT_EQ(change["change"], "entered");
  EXPECT_EQ(change["reason"], "event");
  EXPECT_EQ(change["previous"], nullptr);
  EXPECT_EQ(change["current"]["segment_id"], "seg-1");
  EXPECT_EQ(change["current"]["name"], "New");
  EXPECT_EQ(change["current"]["since"], "2026-11-01T12:00:00.000Z");
  EXPECT_EQ(change["ordinal"], 1);
  EXPECT_EQ(change["at_risk"]["state"], "none");
  EXPECT_EQ(change["confidence"]["distance_previous"], nullptr);
  EXPECT_EQ(change["cause"]["topic"], "transactions");
  EXPECT_EQ(change["cause"]["partition"], 3);
  EXPECT_EQ(HeaderOf(changes[0], "ce_id"), "test/c1/000000000000000001");
  EXPECT_EQ(HeaderOf(changes[0], "ce_source"), "/segmentd/test");
  EXPECT_EQ(HeaderOf(changes[0], "ce_subject"), "customer/c1");
  EXPECT_EQ(HeaderOf(changes[0], "ce_time"), "2026-11-01T12:00:00.000Z");
  EXPECT_EQ(HeaderOf(changes[0], "content-type"), "application/json");
}

TEST(PipelineTest, TellsOfItsStepsAsTheyEnd) {
  PipelineHarness harness;
  std::string told;
  harness.pipeline().TellSteps([&](Step step) { told.append(StepName(step)).append(" "); });
  harness.Run(DailyPurchases("c1", 1));
  EXPECT_EQ(told, "decode fetch features explain ") << "without a model there is nothing to encode";
  told.clear();
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run(DailyPurchases("c2", 1));
  EXPECT_EQ(told, "decode fetch features encode assign explain ");
}

TEST(PipelineTest, AMoveNamesThePreviousSegmentAndItsDwell) {
  PipelineHarness harness;
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run(DailyPurchases("c1", 6));

  const auto changes = harness.Outputs(Topic::kSegmentChanged);
  ASSERT_EQ(changes.size(), 2U);
  const json moved = Value(changes[1]);
  EXPECT_EQ(moved["change"], "moved");
  EXPECT_EQ(moved["ordinal"], 2);
  EXPECT_EQ(moved["previous"]["segment_id"], "seg-1");
  EXPECT_EQ(moved["previous"]["since"], "2026-11-01T12:00:00.000Z");
  EXPECT_EQ(moved["current"]["segment_id"], "seg-2");
  const double days = moved["previous"]["dwell_s"].get<double>() / 86'400;
  EXPECT_EQ(moved["current"]["since"],
            fmt::format("2026-11-{:02}T12:00:00.000Z", 1 + static_cast<int>(days)));
  EXPECT_FALSE(moved["explanation"]["text"].get<std::string>().empty());
  EXPECT_EQ(moved["explanation"]["top"][0]["feature"], "orders_30d");
}

TEST(PipelineTest, EachChangeComesWithTheStateOfItsInstant) {
  PipelineHarness harness;
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run(DailyPurchases("c1", 6));

  const auto states = harness.Outputs(Topic::kCustomerState);
  const auto changes = harness.Outputs(Topic::kSegmentChanged);
  ASSERT_EQ(states.size(), changes.size());
  for (std::size_t i = 0; i < states.size(); ++i) {
    const json state = Value(states[i]);
    const json change = Value(changes[i]);
    EXPECT_EQ(state["as_of"], change["as_of"]);
    EXPECT_EQ(state["last_event"], change["as_of"]);
    EXPECT_EQ(state["ordinal"], change["ordinal"]);
    EXPECT_EQ(state["segment"]["id"], change["current"]["segment_id"]);
    EXPECT_EQ(state["model"], change["model"]["version"]);
    EXPECT_EQ(HeaderOf(states[i], "segmentd.ordinal"), std::to_string(i + 1));
  }
  EXPECT_EQ(Value(states[0])["features"]["orders_30d"], 1);
  EXPECT_EQ(Value(states[0])["features"]["aov"], 20);
}

TEST(PipelineTest, WithoutAModelACustomerHasStateWithoutSegmentAndNoChange) {
  PipelineHarness harness;
  harness.Run(DailyPurchases("c1", 3));

  EXPECT_TRUE(harness.Outputs(Topic::kSegmentChanged).empty());
  const auto states = harness.Outputs(Topic::kCustomerState);
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(Value(states[0])["segment"], nullptr);
  EXPECT_EQ(Value(states[0])["model"], nullptr);
  EXPECT_EQ(Value(states[0])["ordinal"], 0);
}

TEST(PipelineTest, ACustomerFromBeforeTheFirstModelIsAssignedWithoutAChange) {
  PipelineHarness harness;
  harness.Run(DailyPurchases("c1", 2));
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run(DailyPurchases("c1", 6, 3));

  const auto changes = harness.Outputs(Topic::kSegmentChanged);
  ASSERT_EQ(changes.size(), 1U);
  const json first = Value(changes[0]);
  EXPECT_EQ(first["change"], "moved");
  EXPECT_EQ(first["ordinal"], 1);
  EXPECT_EQ(first["reason"], "event");
  EXPECT_EQ(first["previous"]["segment_id"], "seg-1");
  EXPECT_EQ(first["previous"]["since"], "2026-11-02T12:00:00.000Z");
}

TEST(PipelineTest, BackfillPublishesWhatTheModelsArrivalAssigned) {
  Options options = support::TestOptions();
  options.backfill = true;
  PipelineHarness harness(options);
  harness.Run(DailyPurchases("c1", 2));
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run(DailyPurchases("c1", 1, 3));

  const auto changes = harness.Outputs(Topic::kSegmentChanged);
  ASSERT_EQ(changes.size(), 1U);
  const json change = Value(changes[0]);
  EXPECT_EQ(change["change"], "entered");
  EXPECT_EQ(change["reason"], "backfill");
  EXPECT_EQ(change["cause"]["kind"], "model");
  EXPECT_EQ(change["as_of"], "2026-11-02T12:00:00.000Z");
}

TEST(PipelineTest, ALateEventThatChangesTheDecisionIsACorrection) {
  PipelineHarness harness;
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  std::vector<OwnedRecord> records = DailyPurchases("c1", 1, 20);
  for (const OwnedRecord& late : DailyPurchases("c1", 7, 2)) records.push_back(late);
  harness.Run(records);

  const auto changes = harness.Outputs(Topic::kSegmentChanged);
  ASSERT_EQ(changes.size(), 2U);
  const json corrected = Value(changes[1]);
  EXPECT_EQ(corrected["reason"], "correction");
  EXPECT_EQ(corrected["as_of"], "2026-11-20T12:00:00.000Z");
  EXPECT_LT(corrected["cause"]["event_time"].get<std::string>(), "2026-11-09");
  EXPECT_EQ(harness.effects().counts.late, 7U);
}

TEST(PipelineTest, ADuplicateCountsOnce) {
  PipelineHarness harness;
  harness.Run({Purchase("c1", "2026-11-01T12:00:00Z", 5, "e1"),
               Purchase("c1", "2026-11-01T12:00:00Z", 5, "e1"),
               Purchase("c2", "2026-11-01T12:00:00Z", 5, "e1")});
  EXPECT_EQ(harness.effects().counts.accepted, 2U);
  EXPECT_EQ(harness.effects().counts.duplicates, 1U);
  EXPECT_TRUE(harness.Outputs(Topic::kDlq).empty());
}

TEST(PipelineTest, RefusedRecordsGoToTheDlqAsTheyCameAndNeverMoveTheClock) {
  PipelineHarness harness;
  harness.wall_ms = 1'795'169'702'120;  // 2026-11-20T10:15:02.120Z
  OwnedRecord future = Purchase("c1", "2026-11-20T10:20:02.121Z", 5);
  future.headers = {{"trace", "abc"}};
  OwnedRecord old = Purchase("c1", "2026-10-21T10:10:02.119Z", 5);
  harness.Run({Purchase("c1", "2026-11-20T10:15:02.120Z", 5),
               future,
               old,
               {.key = "c1", .value = "{", .headers = {}}});

  EXPECT_EQ(harness.clock().clock_ms, 1'795'169'702'120 - 300'000);
  const auto letters = harness.Outputs(Topic::kDlq);
  ASSERT_EQ(letters.size(), 3U);
  EXPECT_EQ(HeaderOf(letters[0], "segmentd.error.code"), "from_future");
  EXPECT_EQ(HeaderOf(letters[0], "segmentd.error.stage"), "apply");
  EXPECT_EQ(HeaderOf(letters[0], "segmentd.error.offset"), "1");
  EXPECT_EQ(HeaderOf(letters[0], "segmentd.error.topic"), "transactions");
  EXPECT_EQ(HeaderOf(letters[0], "segmentd.error.timestamp"), "1795169702120");
  EXPECT_EQ(HeaderOf(letters[0], "trace"), "abc");
  EXPECT_EQ(letters[0].value, future.value);
  EXPECT_EQ(letters[0].key, "c1");
  EXPECT_EQ(HeaderOf(letters[1], "segmentd.error.code"), "too_old");
  EXPECT_EQ(HeaderOf(letters[2], "segmentd.error.code"), "malformed");
  EXPECT_EQ(HeaderOf(letters[2], "segmentd.error.stage"), "decode");
}

TEST(PipelineTest, ADeadLetterTellsANullHeaderFromAnEmptyOne) {
  PipelineHarness harness;
  harness.Run({{.key = "c1", .value = "{", .headers = {{"null", {}}, {"empty", ""}, {"a", "b"}}}});
  const OutRecord letter = harness.Outputs(Topic::kDlq).at(0);
  auto header = letter.headers.begin();
  EXPECT_EQ((*header).value.data(), nullptr);
  EXPECT_EQ((*++header).name, "empty");
  EXPECT_NE((*header).value.data(), nullptr);
  EXPECT_EQ((*header).value, "");
  EXPECT_EQ((*++header).value, "b");
}

TEST(PipelineTest, TraceAndCorrelationPassFromTheCauseToTheChange) {
  PipelineHarness harness;
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  OwnedRecord record = Purchase("c1", "2026-11-01T12:00:00Z", 5);
  record.headers = {{"traceparent", "00-aa-bb-01"}, {"ce_correlationid", "k7"}, {"other", "x"}};
  harness.Run({record});
  const auto changes = harness.Outputs(Topic::kSegmentChanged);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(HeaderOf(changes[0], "traceparent"), "00-aa-bb-01");
  EXPECT_EQ(HeaderOf(changes[0], "ce_correlationid"), "k7");
  EXPECT_EQ(HeaderOf(changes[0], "other"), std::nullopt);
}

TEST(PipelineTest, AProfileAloneMakesNoDecision) {
  PipelineHarness harness;
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run({{.source = event::Source::kProfiles,
                .key = "c1",
                .value = R"({"customer_id":"c1","age":41,"region":"north"})",
                .headers = {}}});
  EXPECT_TRUE(harness.effects().outputs.empty());
  EXPECT_EQ(harness.states().size(), 1U);

  harness.Run(DailyPurchases("c1", 1));
  EXPECT_EQ(Value(harness.Outputs(Topic::kSegmentChanged).at(0))["change"], "entered");
}

TEST(PipelineTest, AnIdTooLongForAnOutputIsRefusedBeforeItChangesAnything) {
  PipelineHarness harness;
  harness.Run({Purchase(std::string(200'000, 'x'), "2026-11-01T12:00:00Z", 5)});
  const auto letters = harness.Outputs(Topic::kDlq);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(HeaderOf(letters[0], "segmentd.error.code"), "output_too_large");
  EXPECT_TRUE(harness.states().empty());
}

TEST(PipelineTest, StatePerPeriodIsWrittenOncePerPeriodOfEventTime) {
  Options options = support::TestOptions();
  options.state_every = StateEvery::kPeriod;
  options.state_period_ms = kDayMs;
  PipelineHarness harness(options);
  harness.Run({Purchase("c1", "2026-11-01T12:00:00Z", 5), Purchase("c1", "2026-11-01T13:00:00Z", 5),
               Purchase("c1", "2026-11-02T11:59:59Z", 5), Purchase("c1", "2026-11-02T12:00:00Z", 5),
               Purchase("c1", "2026-11-01T11:00:00Z", 5)});
  const auto states = harness.Outputs(Topic::kCustomerState);
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(Value(states[1])["as_of"], "2026-11-02T12:00:00.000Z");
}

TEST(PipelineTest, StatePerPeriodIsNotWrittenMoreOftenWhenTheSegmentChanges) {
  Options options = support::TestOptions();
  options.state_every = StateEvery::kPeriod;
  options.state_period_ms = 30 * kDayMs;
  PipelineHarness harness(options);
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run(DailyPurchases("c1", 9));

  EXPECT_EQ(harness.Outputs(Topic::kSegmentChanged).size(), 2U);
  const auto states = harness.Outputs(Topic::kCustomerState);
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(Value(states[0])["segment"]["id"], "seg-1");
}

}  // namespace
}  // namespace segmentd::pipeline
