#include "app/export_rows.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <sstream>

#include "segmentd/base/ids.h"
#include "segmentd/feature/fold.h"
#include "segmentd/pipeline/history.h"
#include "support/bundles.h"

namespace segmentd::app {
namespace {

constexpr std::int64_t kNoon = 20'000 * kDayMs + kDayMs / 2;

void Buy(std::int64_t at_ms, double amount, feature::Record& record) {
  event::Event event;
  event.event_time_ms = at_ms;
  event.amount = amount;
  feature::Fold(event, {}, record);
}

std::shared_ptr<const pipeline::Model> MakeModel(risk::Kind kind) {
  model::Bundle bundle = support::OrdersBundle();
  bundle.risk = {.kind = kind,
                 .r = 0.5,
                 .alpha = 6,
                 .a = 0.9,
                 .b = 1.6,
                 .spend_mean = 35,
                 .spend_weight = 0.8,
                 .tier_mid = 0.1,
                 .tier_high = 1e6};
  if (kind == risk::Kind::kNone) bundle.risk = {};
  return support::LoadModel(bundle);
}

// One customer's row of CSV, by column.
std::map<std::string, std::string> Row(const pipeline::Model* model,
                                       const feature::FeatureSet& features,
                                       const pipeline::Customer& customer, std::int64_t at_ms) {
  const risk::Thresholds thresholds;
  ExportRows rows(model, features, thresholds);
  std::string text;
  Table table(TableFormat::kCsv, rows.Columns(), text);
  rows.Write("c1", customer, at_ms, table);
  std::stringstream lines(text);
  std::string header, row;
  std::getline(lines, header);
  std::getline(lines, row);
  std::stringstream names(header + ","), cells(row + ",");
  std::map<std::string, std::string> by_column;
  std::string name, cell;
  while (std::getline(names, name, ',') && std::getline(cells, cell, ',')) by_column[name] = cell;
  return by_column;
}

TEST(ExportRowsTest, GivesSegmentScoresAndFeaturesAsOfTheInstant) {
  const auto model = MakeModel(risk::Kind::kMbgNbd);
  pipeline::Customer customer;
  Buy(kNoon, 20, customer.record);
  Buy(kNoon + 7 * kDayMs, 40, customer.record);
  customer.segment.current = SegmentId{2};
  customer.segment.since_ms = kNoon;
  customer.segment.risk = 1;
  const std::int64_t at_ms = kNoon + 40 * kDayMs;
  auto row = Row(model.get(), model->features, customer, at_ms);
  EXPECT_EQ(row["customer_id"], "c1");
  EXPECT_EQ(row["segment_id"], "seg-2");
  EXPECT_EQ(row["segment"], "Loyal");
  EXPECT_EQ(row["activity"], "4");
  EXPECT_EQ(row["since"], "2024-10-04T12:00:00.000Z");
  EXPECT_EQ(row["as_of"], "2024-11-13T12:00:00.000Z");
  EXPECT_EQ(row["last_event"], "2024-10-11T12:00:00.000Z");
  EXPECT_EQ(row["risk_state"], "at_risk");
  EXPECT_EQ(row["tier"], "mid");
  EXPECT_EQ(row["orders_30d"], "0");
  EXPECT_EQ(row["aov"], "30");
  const risk::History history = pipeline::HistoryOf(customer.record, at_ms);
  EXPECT_EQ(std::stod(row["score"]), risk::ActiveProbability(model->bundle.risk, history, 13));
  EXPECT_EQ(std::stod(row["clv_365d"]), risk::Value(model->bundle.risk, history, risk::kYearWeeks));
}

TEST(ExportRowsTest, DoesNotGoBackBehindACustomersOwnInstant) {
  const auto model = MakeModel(risk::Kind::kMbgNbd);
  pipeline::Customer customer;
  Buy(kNoon, 20, customer.record);
  EXPECT_EQ(Row(model.get(), model->features, customer, kNoon - 1)["as_of"],
            "2024-10-04T12:00:00.000Z");
}

TEST(ExportRowsTest, LeavesOutWhatIsNotKnown) {
  const auto bare = feature::FeatureSet::Compile(std::vector<std::string>{"idle_days"}, {}, {});
  auto row = Row(nullptr, *bare, {}, kNoon);
  EXPECT_EQ(row["as_of"], "2024-10-04T12:00:00.000Z");
  for (const char* column : {"segment_id", "segment", "activity", "since", "last_event",
                             "risk_state", "score", "clv_365d", "tier", "idle_days"}) {
    EXPECT_EQ(row.count(column), 1U) << column;
    EXPECT_EQ(row[column], "") << column;
  }
}

TEST(ExportRowsTest, NamesNoSegmentThatTheModelDoesNotKnow) {
  const auto model = MakeModel(risk::Kind::kNone);
  pipeline::Customer customer;
  Buy(kNoon, 20, customer.record);
  customer.segment.current = SegmentId{77};
  auto row = Row(model.get(), model->features, customer, kNoon);
  EXPECT_EQ(row["segment_id"], "seg-77");
  EXPECT_EQ(row["segment"], "");
  EXPECT_EQ(row["score"], "");
}

}  // namespace
}  // namespace segmentd::app
