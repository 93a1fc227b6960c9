#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "segmentd/model/matrix.h"

namespace segmentd::model {

struct KMeansOptions {
  int clusters = 8;
  int starts = 4;           // greedy k-means++ starts, the best inertia wins
  int iterations_max = 50;  // Lloyd, per start
  std::uint64_t seed = 1;
};

struct KMeansFit {
  Matrix centroids;  // l x k; fewer than asked when there are fewer distinct points
  std::vector<int> labels;
  double inertia = 0;  // weighted sum of squared distances to the own centroid
  int iterations = 0;  // of the winning start
};

// Deterministic by seed. weights: one per point, not negative; none means 1 each.
// REQUIRES: points.cols() >= 1, all finite.
KMeansFit FitKMeans(const Matrix& points, const KMeansOptions& options,
                    std::span<const double> weights = {});

// The nearest centroid of each point, the first one of equals.
std::vector<int> NearestCentroids(const Matrix& points, const Matrix& centroids);

// Lloyd's iterations from given centroids, whose order is kept; a centroid without points stays
// where it is. At 0 iterations, what the centroids make of the points.
KMeansFit RefineKMeans(const Matrix& points, const Matrix& centroids, int iterations_max,
                       std::span<const double> weights = {});

// distances(k, n): Euclidean, every point to every centroid; same column, same bits, at any place.
void Distances(const Matrix& codes, const Matrix& centroids, Matrix& distances);

// mean((b - a) / max(a, b)) with a, b the distances to the nearest and second centroid.
double SimplifiedSilhouette(const Matrix& points, const Matrix& centroids);

// scikit-learn's formulae. Silhouette is O(n^2): pass a sample.
double Silhouette(const Matrix& points, const std::vector<int>& labels);
double DaviesBouldin(const Matrix& points, const std::vector<int>& labels);
double CalinskiHarabasz(const Matrix& points, const std::vector<int>& labels);

}  // namespace segmentd::model
