#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/table.h"
#include "segmentd/pipeline/customer.h"
#include "segmentd/pipeline/model.h"
#include "segmentd/pipeline/scores.h"

namespace segmentd::app {

// Customers as rows of a table: segment, scores and features as of an instant.
class ExportRows {
 public:
  // features: of the model, or without one of the plan. model may be null. All outlive this.
  ExportRows(const pipeline::Model* model, const feature::FeatureSet& features,
             const risk::Thresholds& thresholds);

  std::vector<std::string> Columns() const;
  // As of at_ms, or of the customer's own newest instant where that is later: a state does not go
  // back.
  void Write(std::string_view customer_id, const pipeline::Customer& customer, std::int64_t at_ms,
             Table& table);

 private:
  void WriteSegment(const segment::State& state, Table& table) const;
  void WriteScores(const pipeline::Customer& customer, std::int64_t as_of_ms, Table& table) const;

  const pipeline::Model* const model_;
  const feature::FeatureSet& features_;
  const pipeline::Risk risk_;
  std::vector<double> values_;
};

}  // namespace segmentd::app
