#include "reference.h"

#include <algorithm>
#include <numeric>

#include "segmentd/learn/drift.h"

namespace segmentd::learn {
namespace {

constexpr double kMost = 0.99;
constexpr double kFar = 0.995;

double Quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

void MakeReference(const Points& points, const std::vector<int>& labels, model::Bundle& bundle) {
  const Rows& rows = points.rows;
  model::Reference& reference = bundle.reference;
  for (Eigen::Index i = 0; i < rows.values.rows(); ++i) {
    const Eigen::RowVectorXd row = rows.values.row(i);
    reference.features.push_back(MakeHistogram({row.begin(), row.end()}, rows.weights));
  }
  reference.rows = std::accumulate(rows.weights.begin(), rows.weights.end(), 0.0);
  // Without a way back there are no errors.
  std::vector<double> errors;
  if (!bundle.decoder.empty()) {
    const model::Vector found = Errors(bundle.decoder, points.scaled, points.codes, points.limits);
    errors.assign(found.begin(), found.end());
  }
  reference.errors = MakeHistogram(errors, errors.empty() ? errors : rows.weights);
  reference.error_most = Quantile(errors, kMost);
  reference.error_far = Quantile(errors, kFar);

  std::vector<std::vector<double>> distances(bundle.segments.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto own = static_cast<std::size_t>(labels[i]);
    distances[own].push_back(static_cast<double>(
        (points.codes.col(static_cast<Eigen::Index>(i)) - bundle.segments[own].centroid).norm()));
  }
  for (std::size_t s = 0; s < distances.size(); ++s) {
    bundle.segments[s].far = Quantile(distances[s], kFar);
  }
}

}  // namespace segmentd::learn
