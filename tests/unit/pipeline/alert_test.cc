#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "segmentd/base/time_text.h"
#include "segmentd/v1/output.pb.h"
#include "support/bundles.h"
#include "support/pipeline_harness.h"

namespace segmentd::pipeline {
namespace {

using nlohmann::json;
using support::HeaderOf;
using support::OwnedRecord;
using support::PipelineHarness;

constexpr std::int64_t kStartMs = 1'720'000'000'000;

Options AlertOptions() {
  Options options = support::TestOptions();
  options.risk = {.horizon_weeks = 2, .enter = 0.5, .leave = 0.6, .lapsed = 0.2};
  return options;
}

class AlertTest : public testing::Test {
 protected:
  AlertTest() : harness_(AlertOptions()) { UseModel(harness_); }

  static void UseModel(PipelineHarness& harness, const std::string& currency = "") {
    model::Bundle bundle = support::OrdersBundle();
    bundle.risk.kind = risk::Kind::kMbgNbd;
    bundle.risk.r = bundle.risk.alpha = bundle.risk.a = 1;
    bundle.risk.b = 3;
    bundle.risk.spend_mean = 20;
    bundle.risk.tier_mid = 100;
    bundle.risk.tier_high = 100'000;
    bundle.currency = currency;
    harness.UseModel(support::LoadModel(bundle));
  }
  static OwnedRecord Purchase(int day) {
    return support::Purchase("c1", FormatRfc3339(kStartMs + day * kDayMs), 20);
  }
  // Buys every third day, for a month.
  static std::vector<OwnedRecord> Regular() {
    std::vector<OwnedRecord> records;
    for (int day = 0; day <= 30; day += 3) records.push_back(Purchase(day));
    return records;
  }
  std::vector<json> Alerts() const {
    std::vector<json> alerts;
    for (const OutRecord& record : harness_.Outputs(Topic::kAtRisk)) {
      alerts.push_back(json::parse(record.value.value()));
    }
    return alerts;
  }

  PipelineHarness harness_;
};

TEST_F(AlertTest, TellsOfACustomerWhoStaysAwayAsOfTheMomentThatSaysSo) {
  harness_.Run(Regular());
  ASSERT_TRUE(Alerts().empty());
  harness_.PassTime(kStartMs + 200 * kDayMs);

  const std::vector<json> alerts = Alerts();
  ASSERT_EQ(alerts.size(), 2U);
  const json& alert = alerts[0];
  EXPECT_EQ(alert["customer_id"], "c1");
  EXPECT_EQ(alert["state"], "at_risk");
  EXPECT_EQ(alert["reason"], "inactivity");
  EXPECT_EQ(alert["level"], "medium");
  EXPECT_LT(alert["score"].get<double>(), 0.5);
  EXPECT_GT(alert["prior_score"].get<double>(), alert["score"].get<double>() / 0.6);
  EXPECT_DOUBLE_EQ(alert["usual_gap_days"].get<double>(), 3);
  EXPECT_GT(alert["value_at_stake"].get<double>(), 0);
  EXPECT_EQ(alert["cause"]["kind"], "timer");
  EXPECT_EQ(alert["cause"]["due"], alert["as_of"]);
  EXPECT_EQ(alert["risk_ordinal"], 1);
  EXPECT_EQ(alert["schema"], "1.0");
  EXPECT_EQ(alert["segment"].size(), 2U);
  EXPECT_EQ(alert["model"]["k"], 3);
  const double idle_days = alert["idle_days"];
  EXPECT_EQ(*ParseRfc3339(alert["as_of"].get<std::string>()),
            kStartMs + 30 * kDayMs + std::llround(idle_days * kDayMs));
  EXPECT_THAT(alert["text"].get<std::string>(),
              testing::AllOf(testing::HasSubstr("since the last order"),
                             testing::HasSubstr("usually orders every 3 days")));
  EXPECT_EQ(alerts[1]["state"], "lapsed");
  EXPECT_EQ(alerts[1]["risk_ordinal"], 2);
}

TEST_F(AlertTest, IsACloudEventWithASourceAndACountOfItsOwn) {
  harness_.Run(Regular());
  harness_.PassTime(kStartMs + 60 * kDayMs);
  const auto alerts = harness_.Outputs(Topic::kAtRisk);
  ASSERT_FALSE(alerts.empty());
  EXPECT_EQ(alerts[0].key, "c1");
  EXPECT_EQ(HeaderOf(alerts[0], "ce_specversion"), "1.0");
  EXPECT_EQ(HeaderOf(alerts[0], "ce_id"), "test/c1/000000000000000001");
  EXPECT_EQ(HeaderOf(alerts[0], "ce_source"), "/segmentd/test/at-risk");
  EXPECT_EQ(HeaderOf(alerts[0], "ce_type"), "io.segmentd.at-risk.v1");
  EXPECT_EQ(HeaderOf(alerts[0], "ce_subject"), "customer/c1");
  EXPECT_EQ(HeaderOf(alerts[0], "ce_sequence"), "000000000000000001");
  EXPECT_EQ(HeaderOf(alerts[0], "ce_reason"), "inactivity");
  EXPECT_EQ(HeaderOf(alerts[0], "content-type"), "application/json");
  EXPECT_EQ(HeaderOf(alerts[0], "traceparent"), std::nullopt);
}

TEST_F(AlertTest, SaysTheCurrencyOfTheMoneyThatTheModelKnows) {
  harness_.Run(Regular());
  harness_.PassTime(kStartMs + 200 * kDayMs);
  const std::string silent = Alerts()[0]["text"];
  EXPECT_THAT(silent, testing::ContainsRegex("; [0-9]+ expected over the next year"));
  PipelineHarness harness(AlertOptions());
  UseModel(harness, "EUR");
  harness.Run(Regular());
  harness.PassTime(kStartMs + 200 * kDayMs);
  const json alert = json::parse(harness.Outputs(Topic::kAtRisk)[0].value.value());
  EXPECT_THAT(alert["text"].get<std::string>(),
              testing::ContainsRegex("; [0-9]+ EUR expected over the next year"));
}

TEST_F(AlertTest, OneAlertPerSilenceAndARecoveryByTheNextPurchase) {
  std::vector<OwnedRecord> records = Regular();
  for (int day = 150; day <= 165; day += 3) records.push_back(Purchase(day));
  records.back().headers = {{"traceparent", "00-aa-bb-01"}};
  harness_.Run(records);
  harness_.PassTime(kStartMs + 300 * kDayMs);
  std::vector<std::string> states;
  for (const json& alert : Alerts()) states.push_back(alert["state"]);
  EXPECT_EQ(states,
            (std::vector<std::string>{"at_risk", "lapsed", "recovered", "at_risk", "lapsed"}));
  EXPECT_EQ(Alerts()[2]["reason"], "event");
  EXPECT_EQ(Alerts()[2]["cause"]["kind"], "record");
  EXPECT_EQ(Alerts()[4]["risk_ordinal"], 5) << "without gaps";
}

TEST_F(AlertTest, AChangeSaysWhetherItsCauseRaisedAnAlert) {
  harness_.Run(Regular());
  harness_.PassTime(kStartMs + 200 * kDayMs);
  std::set<std::string> raised;
  for (const json& alert : Alerts()) raised.insert(alert["as_of"]);
  int silent = 0;
  for (const OutRecord& record : harness_.Outputs(Topic::kSegmentChanged)) {
    const json change = json::parse(record.value.value());
    EXPECT_EQ(change["at_risk"]["crossed"].get<bool>(), raised.contains(change["as_of"]));
    EXPECT_TRUE(change["at_risk"]["score"].is_number());
    EXPECT_TRUE(change["value"]["clv_365d"].is_number());
    EXPECT_EQ(change["value"].size(), 2U);
    silent += change["reason"] == "inactivity" ? 1 : 0;
  }
  EXPECT_GT(silent, 0);
}

TEST_F(AlertTest, EachCrossingComesWithTheStateOfItsInstant) {
  harness_.Run(Regular());
  harness_.PassTime(kStartMs + 200 * kDayMs);
  std::map<std::string, json> states;
  for (const OutRecord& record : harness_.Outputs(Topic::kCustomerState)) {
    const json state = json::parse(record.value.value());
    states[state["as_of"]] = state;
  }
  for (const json& alert : Alerts()) {
    ASSERT_TRUE(states.contains(alert["as_of"]));
    const json& state = states[alert["as_of"]];
    EXPECT_EQ(state["risk"]["state"], alert["state"]);
    EXPECT_EQ(state["risk"]["score"], alert["score"]);
    EXPECT_EQ(state["value"]["clv_365d"], alert["value_at_stake"]);
    EXPECT_TRUE(state["value"]["next_category"].is_array());
  }
}

TEST_F(AlertTest, IsNeutralUntilTheModelHasParameters) {
  PipelineHarness harness(AlertOptions());
  harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run(Regular());
  harness.PassTime(kStartMs + 200 * kDayMs);
  EXPECT_TRUE(harness.Outputs(Topic::kAtRisk).empty());
  const json change = json::parse(harness.Outputs(Topic::kSegmentChanged).back().value.value());
  EXPECT_EQ(change["at_risk"], json::parse(R"({"state":"none","crossed":false,"score":null,
                                               "prior_score":null})"));
  EXPECT_EQ(change["value"], nullptr);
  const json state = json::parse(harness.Outputs(Topic::kCustomerState).back().value.value());
  EXPECT_EQ(state["risk"], nullptr);
  EXPECT_EQ(state["value"], nullptr);
}

TEST_F(AlertTest, AModelThatComesToASilentCustomerRaisesNoAlert) {
  PipelineHarness harness(AlertOptions());
  harness.Run(Regular());
  harness.PassTime(kStartMs + 150 * kDayMs);
  UseModel(harness);
  // A visit: the first that the model sees.
  harness.Run({{.key = "c1",
                .value = fmt::format(R"({{"customer_id":"c1","kind":"visit","event_time":"{}"}})",
                                     FormatRfc3339(kStartMs + 151 * kDayMs)),
                .headers = {}}});
  harness.PassTime(kStartMs + 400 * kDayMs);
  EXPECT_TRUE(harness.Outputs(Topic::kAtRisk).empty());
}

TEST_F(AlertTest, SaysTheSameInProtobuf) {
  harness_.Run(Regular());
  harness_.PassTime(kStartMs + 60 * kDayMs);
  Options options = AlertOptions();
  options.format = OutputFormat::kProtobuf;
  PipelineHarness harness(options);
  UseModel(harness);
  harness.Run(Regular());
  harness.PassTime(kStartMs + 60 * kDayMs);
  const auto records = harness.Outputs(Topic::kAtRisk);
  ASSERT_EQ(records.size(), Alerts().size());
  v1::Alert alert;
  ASSERT_TRUE(alert.ParseFromString(*records[0].value));
  const json expected = Alerts()[0];
  EXPECT_EQ(alert.state(), expected["state"]);
  EXPECT_EQ(alert.score(), expected["score"]);
  EXPECT_EQ(alert.text(), expected["text"]);
  EXPECT_EQ(alert.cause().kind(), "timer");
  EXPECT_EQ(FormatRfc3339(alert.cause().due_ms()), expected["cause"]["due"]);
  EXPECT_EQ(alert.risk_ordinal(), 1U);
  v1::CustomerState state;
  ASSERT_TRUE(state.ParseFromString(*harness.Outputs(Topic::kCustomerState).back().value));
  EXPECT_EQ(state.risk().state(), Alerts().back()["state"]);
}

}  // namespace
}  // namespace segmentd::pipeline
