#include "app/export_rows.h"

#include <algorithm>

#include "segmentd/model/bundle.h"
#include "segmentd/pipeline/history.h"
#include "segmentd/risk/alert.h"

namespace segmentd::app {
namespace {

constexpr std::string_view kLeading[] = {"customer_id", "segment_id", "segment",    "activity",
                                         "since",       "as_of",      "last_event", "risk_state",
                                         "score",       "clv_365d",   "tier"};

}  // namespace

ExportRows::ExportRows(const pipeline::Model* model, const feature::FeatureSet& features,
                       const risk::Thresholds& thresholds)
    : model_(model),
      features_(features),
      risk_(model, thresholds),
      values_(features.names().size()) {}

std::vector<std::string> ExportRows::Columns() const {
  std::vector<std::string> columns(std::begin(kLeading), std::end(kLeading));
  columns.insert(columns.end(), features_.names().begin(), features_.names().end());
  return columns;
}

void ExportRows::Write(std::string_view customer_id, const pipeline::Customer& customer,
                       std::int64_t at_ms, Table& table) {
  const std::int64_t as_of_ms = std::max(at_ms, customer.record.as_of_ms);
  table.Text(customer_id);
  WriteSegment(customer.segment, table);
  table.Instant(as_of_ms);
  if (customer.record.events > 0) {
    table.Instant(customer.record.last_event_ms);
  } else {
    table.Missing();
  }
  WriteScores(customer, as_of_ms, table);
  features_.Snapshot(customer.record, as_of_ms, values_);
  for (const double value : values_) table.Number(value);
}

void ExportRows::WriteSegment(const segment::State& state, Table& table) const {
  if (state.current == SegmentId{}) {
    for (int i = 0; i < 4; ++i) table.Missing();
    return;
  }
  const model::Segment* segment = model_ == nullptr ? nullptr : model_->Find(state.current);
  table.Text(model::SegmentText(state.current));
  if (segment != nullptr) {
    table.Text(segment->name());
    table.Integer(segment->activity);
  } else {
    table.Missing();
    table.Missing();
  }
  table.Instant(state.since_ms);
}

void ExportRows::WriteScores(const pipeline::Customer& customer, std::int64_t as_of_ms,
                             Table& table) const {
  if (!risk_.on() || customer.record.orders == 0) {
    for (int i = 0; i < 4; ++i) table.Missing();
    return;
  }
  const pipeline::Scores scores = risk_.Of(pipeline::HistoryOf(customer.record, as_of_ms));
  table.Text(risk::StateName(static_cast<risk::State>(customer.segment.risk)));
  table.Number(scores.score);
  table.Number(scores.clv_365d);
  table.Text(risk::TierName(scores.tier));
}

}  // namespace segmentd::app
