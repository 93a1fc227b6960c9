#pragma once

#include "segmentd/model/kmeans.h"
#include "segmentd/model/matrix.h"

namespace segmentd::model {

// How far a clustering of one half of the points foretells that of the other (Tibshirani and
// Walther 2005): of each cluster found in a half, the share of its pairs that the other half's
// centroids keep together; the least of the clusters, over both halves, the mean over several
// divisions. A cluster of one point foretells nothing and counts 0. 1 for one cluster, 0 for fewer
// than two points a cluster. Deterministic by seed.
double PredictionStrength(const Matrix& points, const KMeansOptions& options, int divisions);

}  // namespace segmentd::model
