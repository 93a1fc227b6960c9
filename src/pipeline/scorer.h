#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "segmentd/pipeline/model.h"
#include "segmentd/risk/scores.h"

namespace segmentd::pipeline {

// The columns of a batch: raw snapshots in, distances to every centroid out. Keeps its buffers.
class Scorer {
 public:
  struct Column {
    std::int64_t as_of_ms = 0;
    std::int64_t last_event_ms = 0;
    // For scores; nothing before the first purchase.
    std::optional<risk::History> history;
    std::int64_t last_purchase_ms = 0;
    std::uint64_t orders = 0;
  };

  // Makes room for so many snapshots of a feature set; more may come.
  void Start(const feature::FeatureSet& features, std::size_t columns);
  // Adds the snapshot of a record as of an instant; returns its column.
  std::uint32_t Add(const feature::FeatureSet& features, const feature::Record& record,
                    std::int64_t as_of_ms);
  // Scales and embeds all columns at once, then compares them.
  void Encode(const Model& model);
  void Assign(const Model& model);

  const Column& column(std::uint32_t index) const { return columns_[index]; }
  std::span<const double> raw(std::uint32_t index) const;
  std::span<const float> scaled(std::uint32_t index) const;
  std::span<const float> distances(std::uint32_t index) const;

 private:
  std::vector<Column> columns_;
  model::RawMatrix raw_;
  model::Matrix scaled_;
  model::Matrix codes_;
  model::Matrix distances_;
};

}  // namespace segmentd::pipeline
