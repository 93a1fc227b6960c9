#include "segmentd/model/prediction_strength.h"

#include <algorithm>
#include <numeric>

#include "segmentd/base/assert.h"
#include "segmentd/base/random.h"
#include "segmentd/model/agreement.h"

namespace segmentd::model {
namespace {

using Index = Eigen::Index;

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
      weakest = std::min(weakest,
                         WeakestCluster(fits[half].labels,
                                        NearestCentroids(halves[half], fits[1 - half].centroids)));
    }
    sum += weakest;
  }
  return sum / divisions;
}

}  // namespace segmentd::model
