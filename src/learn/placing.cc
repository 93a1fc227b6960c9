#include "segmentd/learn/placing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "segmentd/model/kmeans.h"

namespace segmentd::learn {
namespace {

model::RawMatrix Aligned(const Rows& rows, const std::vector<std::string>& features) {
  const std::vector<std::string>& names = rows.schema.features;
  model::RawMatrix values =
      model::RawMatrix::Constant(static_cast<Eigen::Index>(features.size()), rows.size(),
                                 std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto at = std::find(names.begin(), names.end(), features[i]);
    if (at != names.end()) {
      values.row(static_cast<Eigen::Index>(i)) = rows.values.row(at - names.begin());
    }
  }
  return values;
}

model::Matrix WholeBlocks(const model::Matrix& columns) {
  const Eigen::Index blocks = (columns.cols() + model::kBlockColumns - 1) / model::kBlockColumns;
  model::Matrix whole = model::Matrix::Zero(columns.rows(), blocks * model::kBlockColumns);
  whole.leftCols(columns.cols()) = columns;
  return whole;
}

}  // namespace

Placed Place(const model::Bundle& bundle, const Rows& rows) {
  Placed placed;
  const auto columns = static_cast<int>(rows.size());
  const bool same = bundle.features == rows.schema.features;
  const model::RawMatrix values = same ? rows.values : Aligned(rows, bundle.features);
  bundle.scaler.Apply(values, columns, placed.scaled);
  bundle.embedding.Apply(placed.scaled, placed.codes);
  placed.scaled.conservativeResize(Eigen::NoChange, columns);
  placed.codes.conservativeResize(Eigen::NoChange, columns);
  placed.labels = model::NearestCentroids(placed.codes, bundle.Centroids());
  if (!bundle.decoder.empty()) {
    placed.errors =
        Errors(bundle.decoder, placed.scaled, placed.codes, Limits(bundle.scaler, values));
  }
  return placed;
}

model::Matrix Limits(const model::Scaler& scaler, const model::RawMatrix& values) {
  model::Matrix limits(values.rows(), values.cols());
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    const model::ScalerRow& row = scaler.rows[static_cast<std::size_t>(i)];
    const float weight = row.constant ? 0 : std::abs(row.weight);
    limits.row(i) = values.row(i).array().isFinite().select(
        model::Vector::Constant(values.cols(), weight).transpose().array(), 0.0F);
  }
  return limits;
}

model::Vector Errors(const model::Decoder& decoder, const model::Matrix& scaled,
                     const model::Matrix& codes, const model::Matrix& limits) {
  model::Matrix back;
  decoder.Apply(WholeBlocks(codes), back);
  const auto off = (back.leftCols(scaled.cols()) - scaled).array();
  const Eigen::ArrayXf squares =
      (limits.array() > 0).select(off.square(), 0.0F).colwise().sum().transpose();
  const Eigen::ArrayXf known = limits.array().square().colwise().sum().transpose();
  return (known > 0).select(squares / known, 0.0F);
}

model::Matrix Codes(const model::Embedding& embedding, const model::Matrix& scaled) {
  model::Matrix codes;
  embedding.Apply(WholeBlocks(scaled), codes);
  codes.conservativeResize(Eigen::NoChange, scaled.cols());
  return codes;
}

Eigen::MatrixXd Overlap(const std::vector<int>& first, Eigen::Index firsts,
                        const std::vector<int>& second, Eigen::Index seconds,
                        const std::vector<double>& weights) {
  Eigen::MatrixXd overlap = Eigen::MatrixXd::Zero(firsts, seconds);
  for (std::size_t i = 0; i < first.size(); ++i) overlap(first[i], second[i]) += weights[i];
  return overlap;
}

}  // namespace segmentd::learn
