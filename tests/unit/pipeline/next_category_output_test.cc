#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "segmentd/base/time_text.h"
#include "segmentd/v1/output.pb.h"
#include "support/bundles.h"
#include "support/pipeline_harness.h"

namespace segmentd::pipeline {
namespace {

using nlohmann::json;
using support::OwnedRecord;
using support::PipelineHarness;

constexpr std::int64_t kStartMs = 1'720'000'000'000;

// A segment of which 60 of 80 buy tea and 70 coffee, for about half of what they spend each.
model::Bundle Bundle() {
  model::Bundle bundle = support::OrdersBundle();
  bundle.features = {"orders_30d", "category_share_tea", "category_share_coffee"};
  for (std::size_t row : {1, 2}) bundle.scaler.rows[row].weight = 0;
  for (model::Segment& segment : bundle.segments) {
    segment.categories = {{"tea", 1, 0.4, 60, 80}, {"coffee", 2, 0.5, 70, 80}};
  }
  bundle.risk.kind = risk::Kind::kMbgNbd;
  bundle.risk.r = bundle.risk.alpha = bundle.risk.a = bundle.risk.b = 1;
  bundle.risk.spend_mean = 20;
  return bundle;
}

OwnedRecord Purchase(int day, const std::string& category) {
  return {.key = "c1",
          .value =
              fmt::format(R"({{"customer_id":"c1","event_time":"{}","amount":10,"category":"{}"}})",
                          FormatRfc3339(kStartMs + day * kDayMs), category),
          .headers = {}};
}

std::string LastState(OutputFormat format, const model::Bundle& bundle) {
  Options options = support::TestOptions();
  options.format = format;
  PipelineHarness harness(options);
  harness.UseModel(support::LoadModel(bundle));
  for (int day = 0; day < 6; ++day) harness.Run({Purchase(day, "tea")});
  return harness.Outputs(Topic::kCustomerState).back().value.value();
}

TEST(NextCategoryOutputTest, OffersInTheStateWhatTheSegmentBuysAndTheCustomerDoesNot) {
  const json state = json::parse(LastState(OutputFormat::kJson, Bundle()));
  const json& next = state["value"]["next_category"];
  ASSERT_EQ(next.size(), 1U) << "tea is bought already";
  EXPECT_EQ(next[0]["category"], "coffee");
  EXPECT_EQ(next[0]["p"], 70.0 / 80);
  EXPECT_EQ(next[0]["customers"], 70);
  const double orders = state["features"]["orders_30d"];
  EXPECT_DOUBLE_EQ(next[0]["lift"].get<double>(), 0.5 / (3 * 0.5 / (orders + 3)));
}

TEST(NextCategoryOutputTest, SaysTheSameInProtobuf) {
  const json expected = json::parse(LastState(OutputFormat::kJson, Bundle()));
  v1::CustomerState state;
  ASSERT_TRUE(state.ParseFromString(LastState(OutputFormat::kProtobuf, Bundle())));
  ASSERT_EQ(state.value().next_category_size(), 1);
  const v1::NextCategory& next = state.value().next_category(0);
  EXPECT_EQ(next.category(), "coffee");
  EXPECT_EQ(next.p(), expected["value"]["next_category"][0]["p"]);
  EXPECT_EQ(next.lift(), expected["value"]["next_category"][0]["lift"]);
  EXPECT_EQ(next.customers(), 70U);
}

TEST(NextCategoryOutputTest, OffersNothingWithoutProfilesOrScores) {
  model::Bundle bundle = Bundle();
  for (model::Segment& segment : bundle.segments) segment.categories.clear();
  const json plain = json::parse(LastState(OutputFormat::kJson, bundle));
  EXPECT_EQ(plain["value"]["next_category"], json::array());
  bundle = Bundle();
  bundle.risk = {};
  EXPECT_EQ(json::parse(LastState(OutputFormat::kJson, bundle))["value"], nullptr);
}

}  // namespace
}  // namespace segmentd::pipeline
