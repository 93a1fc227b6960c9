#include "segmentd/learn/outliers.h"

#include <algorithm>

namespace segmentd::learn {
namespace {

constexpr double kWithReach = 0.95;

}  // namespace

bool IsOutlier(const model::Bundle& bundle, const model::Segment& segment, double distance,
               double error) {
  return segment.far > 0 && bundle.reference.error_far > 0 && distance > segment.far &&
         error > bundle.reference.error_far;
}

std::vector<bool> LonelyOnes(const model::Matrix& codes) {
  const Eigen::Index n = codes.cols();
  std::vector<bool> lonely(static_cast<std::size_t>(n), false);
  const Eigen::Index neighbours = std::min(n, 2 * codes.rows());
  if (n < 2 || neighbours < 2) return lonely;
  Eigen::MatrixXf squared(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    squared.col(i) = (codes.colwise() - codes.col(i)).colwise().squaredNorm().transpose();
  }
  std::vector<float> to_nth;
  for (Eigen::Index i = 0; i < n; ++i) {
    Eigen::VectorXf column = squared.col(i);
    std::nth_element(column.begin(), column.begin() + (neighbours - 1), column.end());
    to_nth.push_back(column(neighbours - 1));
  }
  std::vector<float> sorted = to_nth;
  const auto at = sorted.begin() +
                  static_cast<std::ptrdiff_t>(kWithReach * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), at, sorted.end());
  const float reach = *at;
  for (Eigen::Index i = 0; i < n; ++i) {
    bool near_dense = false;
    for (Eigen::Index j = 0; j < n && !near_dense; ++j) {
      near_dense = to_nth[static_cast<std::size_t>(j)] <= reach && squared(j, i) <= reach;
    }
    lonely[static_cast<std::size_t>(i)] = !near_dense;
  }
  return lonely;
}

}  // namespace segmentd::learn
