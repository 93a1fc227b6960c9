#include "segmentd/model/prediction_strength.h"

#include <algorithm>
#include <numeric>

#include "segmentd/base/assert.h"
#include "segmentd/base/random.h"

namespace segmentd::model {
namespace {

using Index = Eigen::Index;

// Of the pairs in each of `own` clusters, the share that stand in one of `other`.
double WeakestAgreement(const std::vector<int>& own, int own_count, const std::vector<int>& other,
                        int other_count) {
  Eigen::MatrixXd together = Eigen::MatrixXd::Zero(own_count, other_count);
  for (std::size_t i = 0; i < own.size(); ++i) together(own[i], other[i]) += 1;
  double weakest = 1;
  for (Index c = 0; c < own_count; ++c) {
    const double size = together.row(c).sum();
    const double pairs = size * (size - 1);
    const double kept = (together.row(c).array() * (together.row(c).array() - 1)).sum();
    weakest = std::min(weakest, pairs > 0 ? kept / pairs : 0);
  }
  return weakest;
}

}  // namespace

double PredictionStrength(const Matrix& points, const KMeansOptions& options, int divisions) {
  SEGMENTD_ASSERT(divisions >= 1, "there is a division");
  if (options.clusters < 2) return 1;
  if (points.cols() < 4 * Index{options.clusters}) return 0;
  std::vector<Index> order(static_cast<std::size_t>(points.cols()));
  std::iota(order.begin(), order.end(), 0);
  Random random(options.seed);
  double sum = 0;
  for (int division = 0; division < divisions; ++division) {
    for (std::size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[random.Below(i)]);
    }
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2);
    const Matrix halves[] = {points(Eigen::all, std::vector<Index>(order.begin(), middle)),
                             points(Eigen::all, std::vector<Index>(middle, order.end()))};
    const KMeansFit fits[] = {FitKMeans(halves[0], options), FitKMeans(halves[1], options)};
    double weakest = 1;
    for (const int half : {0, 1}) {
      const Matrix& centroids = fits[1 - half].centroids;
      const KMeansFit foretold = RefineKMeans(halves[half], centroids, 0);
      weakest =
          std::min(weakest, WeakestAgreement(fits[half].labels,
                                             static_cast<int>(fits[half].centroids.cols()),
                                             foretold.labels, static_cast<int>(centroids.cols())));
    }
    sum += weakest;
  }
  return sum / divisions;
}

}  // namespace segmentd::model
