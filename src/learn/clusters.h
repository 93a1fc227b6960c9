#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "segmentd/learn/retrain.h"
#include "segmentd/model/kmeans.h"
#include "segmentd/model/matrix.h"

namespace segmentd::learn {

// The chosen clustering, and what each k in the range would have given.
struct Clusters {
  model::KMeansFit fit;
  double silhouette = 0;
  std::vector<std::pair<int, double>> inertia_by_k;  // as if of all points
  std::vector<std::pair<int, double>> silhouette_by_k;
};

// k-means for every k in the range, the best simplified silhouette wins and of equals the smaller
// k; a k with a cluster of less than a hundredth of the points only when there is no other.
// Deterministic. kCancelled when progress says so.
Result<Clusters> ChooseClusters(const model::Matrix& points, const std::vector<double>& weights,
                                const Options& options, const Progress& progress);

}  // namespace segmentd::learn
