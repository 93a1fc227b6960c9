#include "placing.h"

#include <algorithm>
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

}  // namespace

Placed Place(const model::Bundle& bundle, const Rows& rows) {
  Placed placed;
  const auto columns = static_cast<int>(rows.size());
  if (bundle.features == rows.schema.features) {
    bundle.scaler.Apply(rows.values, columns, placed.scaled);
  } else {
    bundle.scaler.Apply(Aligned(rows, bundle.features), columns, placed.scaled);
  }
  bundle.embedding.Apply(placed.scaled, placed.codes);
  placed.scaled.conservativeResize(Eigen::NoChange, columns);
  placed.codes.conservativeResize(Eigen::NoChange, columns);
  placed.labels = model::RefineKMeans(placed.codes, bundle.Centroids(), 0).labels;
  return placed;
}

Eigen::MatrixXd Overlap(const std::vector<int>& first, Eigen::Index firsts,
                        const std::vector<int>& second, Eigen::Index seconds,
                        const std::vector<double>& weights) {
  Eigen::MatrixXd overlap = Eigen::MatrixXd::Zero(firsts, seconds);
  for (std::size_t i = 0; i < first.size(); ++i) overlap(first[i], second[i]) += weights[i];
  return overlap;
}

}  // namespace segmentd::learn
