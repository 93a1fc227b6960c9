#include "scorer.h"

#include "segmentd/model/kmeans.h"
#include "segmentd/pipeline/history.h"

namespace segmentd::pipeline {
namespace {

template <typename Matrix>
auto ColumnOf(const Matrix& matrix, std::uint32_t index) {
  const Eigen::Index column = static_cast<Eigen::Index>(index);
  return std::span(matrix.data() + column * matrix.rows(), static_cast<std::size_t>(matrix.rows()));
}

}  // namespace

void Scorer::Start(const feature::FeatureSet& features, std::size_t columns) {
  columns_.clear();
  const auto wanted = static_cast<Eigen::Index>(columns);
  if (raw_.rows() != features.size() || raw_.cols() < wanted) raw_.resize(features.size(), wanted);
}

std::uint32_t Scorer::Add(const feature::FeatureSet& features, const feature::Record& record,
                          std::int64_t as_of_ms) {
  const auto index = static_cast<std::uint32_t>(columns_.size());
  Column& basis = columns_.emplace_back();
  basis.as_of_ms = as_of_ms;
  basis.last_event_ms = record.last_event_ms;
  basis.orders = record.orders;
  if (record.orders > 0) {
    basis.history = HistoryOf(record, as_of_ms);
    basis.last_purchase_ms = record.last_purchase_ms;
  }
  if (raw_.cols() <= index) raw_.conservativeResize(Eigen::NoChange, 2 * raw_.cols() + 1);
  double* column = raw_.data() + static_cast<Eigen::Index>(index) * raw_.rows();
  features.Snapshot(record, as_of_ms, {column, static_cast<std::size_t>(raw_.rows())});
  return index;
}

void Scorer::Encode(const Model& model) {
  if (columns_.empty()) return;
  model.bundle.scaler.Apply(raw_, static_cast<int>(columns_.size()), scaled_);
  model.bundle.embedding.Apply(scaled_, codes_);
}

void Scorer::Assign(const Model& model) {
  if (columns_.empty()) return;
  model::Distances(codes_, model.centroids, distances_);
}

std::span<const double> Scorer::raw(std::uint32_t index) const { return ColumnOf(raw_, index); }
std::span<const float> Scorer::scaled(std::uint32_t index) const {
  return ColumnOf(scaled_, index);
}
std::span<const float> Scorer::distances(std::uint32_t index) const {
  return ColumnOf(distances_, index);
}

}  // namespace segmentd::pipeline
