#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "segmentd/base/time_text.h"
#include "support/bundles.h"
#include "support/pipeline_harness.h"

namespace segmentd::pipeline {
namespace {

using nlohmann::json;
using support::HeaderOf;
using support::OwnedRecord;
using support::PipelineHarness;

constexpr std::int64_t kStartMs = 1'720'000'000'000;

class TimersTest : public testing::Test {
 protected:
  TimersTest() { UseModel(harness_); }
  static void UseModel(PipelineHarness& harness) {
    harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  }
  static OwnedRecord Purchase(const std::string& customer, double day) {
    const auto time_ms = kStartMs + static_cast<std::int64_t>(day * kDayMs);
    return support::Purchase(customer, FormatRfc3339(time_ms), 20);
  }
  std::vector<json> Changes(const std::string& customer) const {
    std::vector<json> changes;
    for (const OutRecord& record : harness_.Outputs(Topic::kSegmentChanged)) {
      if (record.key == customer) changes.push_back(json::parse(record.value.value()));
    }
    return changes;
  }

  PipelineHarness harness_;
};

TEST_F(TimersTest, ASilentCustomerMovesAsOfTheDeadlineForInactivity) {
  harness_.Run({Purchase("quiet", 0), Purchase("quiet", 1), Purchase("quiet", 2),
                Purchase("quiet", 3), Purchase("quiet", 4), Purchase("quiet", 5)});
  ASSERT_EQ(Changes("quiet").back()["current"]["name"], "Loyal");
  harness_.Run({Purchase("other", 60)});

  const json moved = Changes("quiet").back();
  EXPECT_EQ(moved["current"]["name"], "New");
  EXPECT_EQ(moved["reason"], "inactivity");
  EXPECT_EQ(moved["cause"]["kind"], "timer");
  EXPECT_EQ(moved["cause"]["due"], moved["as_of"]);
  EXPECT_EQ(moved["cause"].size(), 2U);
  const double idle_days =
      static_cast<double>(ParseRfc3339(moved["as_of"].get<std::string>()).value() - kStartMs) /
          kDayMs -
      5;
  double silence = 1;
  while (silence < idle_days) silence += std::max(1.0, silence / 4);
  EXPECT_NEAR(idle_days, silence, 1e-6) << "on the grid of the last purchase";
}

TEST_F(TimersTest, AChangeByATimerHasNoTraceOfARecord) {
  for (int day = 0; day < 6; ++day) {
    OwnedRecord record = Purchase("quiet", day);
    record.headers = {{"traceparent", "00-aa-bb-01"}, {"ce_correlationid", "k7"}};
    harness_.Run({record});
  }
  harness_.Run({Purchase("other", 60)});
  std::vector<OutRecord> moves;
  for (const OutRecord& record : harness_.Outputs(Topic::kSegmentChanged)) {
    if (HeaderOf(record, "ce_reason") == "inactivity") moves.push_back(record);
  }
  ASSERT_FALSE(moves.empty());
  EXPECT_EQ(HeaderOf(moves[0], "traceparent"), std::nullopt);
  EXPECT_EQ(HeaderOf(moves[0], "ce_correlationid"), std::nullopt);
}

TEST_F(TimersTest, AFiringWithoutEffectLeavesNoTrace) {
  harness_.Run({Purchase("c1", 0)});
  const auto states = harness_.states();
  const std::size_t outputs = harness_.effects().outputs.size();
  harness_.PassTime(kStartMs + 3 * kDayMs);
  EXPECT_EQ(harness_.effects().counts.fired[0], 3U);
  EXPECT_EQ(harness_.states(), states);
  EXPECT_EQ(harness_.effects().outputs.size(), outputs);
}

TEST_F(TimersTest, TimersDueBeforeAnEventFireBeforeItAlthoughNobodySwept) {
  harness_.sweep_max = 0;
  harness_.Run({Purchase("c1", 0), Purchase("c1", 1), Purchase("c1", 2), Purchase("c1", 3),
                Purchase("c1", 4), Purchase("c1", 5), Purchase("c1", 90)});
  const std::vector<json> changes = Changes("c1");
  const json& left = changes.back();
  EXPECT_EQ(left["reason"], "inactivity");
  EXPECT_LT(left["as_of"].get<std::string>(), FormatRfc3339(kStartMs + 90 * kDayMs));
}

TEST_F(TimersTest, ADuplicateFiresNothing) {
  const OwnedRecord once = support::Purchase("c1", FormatRfc3339(kStartMs), 20, "e1");
  harness_.sweep_max = 0;
  harness_.Run({once});
  harness_.PassTime(kStartMs);
  harness_.Run({Purchase("c2", 50)});
  const auto before = harness_.states();
  harness_.Run({once});
  EXPECT_EQ(harness_.effects().counts.fired[0], 0U);
  EXPECT_EQ(harness_.states(), before);
}

TEST_F(TimersTest, AnEventBehindADeadlineThatWallTimeHasFiredCorrects) {
  harness_.Run({Purchase("c1", 0), Purchase("c1", 1), Purchase("c1", 2), Purchase("c1", 3),
                Purchase("c1", 4), Purchase("c1", 5)});
  harness_.PassTime(kStartMs + 45 * kDayMs);
  ASSERT_EQ(Changes("c1").back()["reason"], "inactivity");
  const std::string fired = Changes("c1").back()["as_of"];
  std::vector<OwnedRecord> late;
  for (const double day : {30.0, 30.5, 31.0, 31.5, 32.0, 32.5}) late.push_back(Purchase("c1", day));
  harness_.Run(late);
  const json corrected = Changes("c1").back();
  EXPECT_EQ(corrected["reason"], "correction");
  EXPECT_EQ(corrected["current"]["name"], "Loyal");
  EXPECT_GE(corrected["as_of"].get<std::string>(), fired) << "as_of never goes back";
  EXPECT_EQ(harness_.effects().counts.late, 6U);
}

TEST_F(TimersTest, TimersRunOnWhileThereIsNoModel) {
  harness_.Run({Purchase("c1", 0)});
  const auto states = harness_.states();
  harness_.pipeline().UseModel(nullptr);
  harness_.PassTime(kStartMs + 10 * kDayMs);
  EXPECT_EQ(harness_.states(), states);
  ASSERT_EQ(harness_.timers().size(), 1U);
  EXPECT_GT(harness_.timers().begin()->first, kStartMs + 10 * kDayMs);
}

TEST_F(TimersTest, BeforeAModelNobodyAges) {
  PipelineHarness harness;
  harness.Run({Purchase("c1", 0), Purchase("c2", 60)});
  EXPECT_TRUE(harness.timers().empty());
  EXPECT_EQ(harness.effects().counts.fired[0], 0U);
}

// Before the expiry a look had an effect, as of later than the event.
TEST_F(TimersTest, AnExpiredCustomersLateEventBeginsAnewWhereverBatchesEnd) {
  Options options = support::TestOptions();
  options.expire_after_ms = options.allowed_lateness_ms = 100 * kDayMs;
  std::map<std::string, std::string> expected;
  for (const std::size_t sweep_max : {SIZE_MAX, std::size_t{0}}) {
    PipelineHarness harness(options);
    UseModel(harness);
    harness.sweep_max = sweep_max;
    std::vector<OwnedRecord> records;
    for (int day = 0; day < 6; ++day) records.push_back(Purchase("c1", day));
    records.push_back(Purchase("other", 110));
    records.push_back(Purchase("c1", 20));
    harness.Run(records, 1);
    if (expected.empty()) expected = harness.states();
    EXPECT_EQ(harness.states(), expected);
  }
  Customer customer;
  ASSERT_TRUE(DecodeCustomer(expected.at("c1"), customer).ok());
  EXPECT_EQ(customer.record.as_of_ms, kStartMs + 20 * kDayMs);
}

TEST_F(TimersTest, AnExpiredCustomerLeavesItsSegmentAndIsForgotten) {
  Options options = support::TestOptions();
  options.expire_after_ms = 100 * kDayMs;
  PipelineHarness harness(options);
  UseModel(harness);
  harness.Run({Purchase("c1", 0), Purchase("c2", 101)});

  const auto changes = harness.Outputs(Topic::kSegmentChanged);
  const auto exited = std::find_if(changes.begin(), changes.end(), [](const OutRecord& record) {
    return json::parse(record.value.value())["change"] == "exited";
  });
  ASSERT_NE(exited, changes.end());
  const json change = json::parse(exited->value.value());
  EXPECT_EQ(change["customer_id"], "c1");
  EXPECT_EQ(change["reason"], "inactivity");
  EXPECT_EQ(change["current"], nullptr);
  EXPECT_EQ(change["previous"]["name"], "New");
  EXPECT_EQ(change["as_of"], FormatRfc3339(kStartMs + 100 * kDayMs));
  EXPECT_EQ(change["cause"]["kind"], "timer");
  EXPECT_FALSE(change.contains("explanation"));
  const auto states = harness.Outputs(Topic::kCustomerState);
  EXPECT_THAT(states, testing::Contains(testing::AllOf(
                          testing::Field(&OutRecord::key, std::optional<std::string>("c1")),
                          testing::Field(&OutRecord::value, std::optional<std::string>()))));

  // Comes back as a new customer, whose changes are counted on.
  harness.Run({Purchase("c1", 102)});
  const json entered = json::parse(harness.Outputs(Topic::kSegmentChanged).back().value.value());
  EXPECT_EQ(entered["change"], "entered");
  EXPECT_EQ(entered["ordinal"], change["ordinal"].get<int>() + 1);
}

}  // namespace
}  // namespace segmentd::pipeline
