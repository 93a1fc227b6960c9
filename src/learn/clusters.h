#pragma once

#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/learn/retrain.h"
#include "segmentd/model/kmeans.h"
#include "segmentd/model/matrix.h"

namespace segmentd::learn {

// The chosen clustering, and what each k in the range would have given.
struct Clusters {
  model::KMeansFit fit;
  std::vector<KScore> by_k;
  int knee = 0;
};

// Tries every k in the range on a sample and fits the best one to all points. A k is ranked by
// prediction strength (half), simplified silhouette (three tenths) and Calinski-Harabasz (two
// tenths); of equals the smaller wins. A k with a cluster of less than a hundredth of the points
// counts only when there is no other. Deterministic. kCancelled when progress says so.
Result<Clusters> ChooseClusters(const model::Matrix& points, const std::vector<double>& weights,
                                const Options& options, const Progress& progress);

// Where the curve of inertia bends most: farthest below the line between its ends. 0 for fewer than
// three points.
int KneeOf(const std::vector<KScore>& by_k);

}  // namespace segmentd::learn
