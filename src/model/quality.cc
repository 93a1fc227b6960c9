#include <algorithm>
#include <cmath>
#include <limits>

#include "model/block.h"
#include "segmentd/base/assert.h"
#include "segmentd/model/kmeans.h"

namespace segmentd::model {
namespace {

using Index = Eigen::Index;

// Points with their clusters numbered 0..k-1 without holes, and what all measures start from.
struct Clustering {
  Eigen::MatrixXd points;
  std::vector<Index> labels;
  Eigen::VectorXd sizes;
  Eigen::MatrixXd means;

  Index clusters() const { return sizes.size(); }
};

Clustering MakeClustering(const Matrix& points, const std::vector<int>& labels) {
  SEGMENTD_ASSERT(points.cols() == static_cast<Index>(labels.size()), "one label per point");
  std::vector<int> distinct = labels;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());

  Clustering all;
  all.points = points.cast<double>();
  const auto clusters = static_cast<Index>(distinct.size());
  all.sizes = Eigen::VectorXd::Zero(clusters);
  all.means = Eigen::MatrixXd::Zero(points.rows(), clusters);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Index label =
        std::lower_bound(distinct.begin(), distinct.end(), labels[i]) - distinct.begin();
    all.labels.push_back(label);
    all.sizes(label) += 1;
    all.means.col(label) += all.points.col(static_cast<Index>(i));
  }
  for (Index c = 0; c < clusters; ++c) all.means.col(c) /= all.sizes(c);
  return all;
}

// Where a silhouette spends its time.
double Apart(const Eigen::MatrixXd& points, Index i, Index j) {
  const Index rows = points.rows();
  const double* const first = points.data() + i * rows;
  const double* const second = points.data() + j * rows;
  double sum = 0;
  for (Index f = 0; f < rows; ++f) sum += (first[f] - second[f]) * (first[f] - second[f]);
  return std::sqrt(sum);
}

}  // namespace

double SimplifiedSilhouette(const Matrix& points, const Matrix& centroids) {
  if (centroids.cols() < 2 || points.cols() == 0) return 0;
  double sum = 0;
  Block block;
  Block squared;
  for (Index first = 0; first < points.cols(); first += kBlockColumns) {
    LoadBlock(points, first, block);
    SquaredDistances(block, centroids, squared);
    const Index count = std::min<Index>(kBlockColumns, points.cols() - first);
    for (Index j = 0; j < count; ++j) {
      Index nearest = 0;
      Index second = 0;
      squared.row(j).minCoeff(&nearest);
      squared(j, nearest) = std::numeric_limits<float>::infinity();
      squared.row(j).minCoeff(&second);
      const Eigen::VectorXd point = points.col(first + j).cast<double>();
      const double own = (point - centroids.col(nearest).cast<double>()).norm();
      const double other = (point - centroids.col(second).cast<double>()).norm();
      if (other > 0) sum += 1 - own / other;
    }
  }
  return sum / static_cast<double>(points.cols());
}

double Silhouette(const Matrix& points, const std::vector<int>& labels) {
  const Clustering all = MakeClustering(points, labels);
  const Index n = all.points.cols();
  if (all.clusters() < 2) return 0;
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(all.clusters(), n);  // distances to each cluster
  for (Index i = 0; i < n; ++i) {
    for (Index j = i + 1; j < n; ++j) {
      const double distance = Apart(all.points, i, j);
      sums(all.labels[static_cast<std::size_t>(j)], i) += distance;
      sums(all.labels[static_cast<std::size_t>(i)], j) += distance;
    }
  }
  double total = 0;
  for (Index i = 0; i < n; ++i) {
    const Index own = all.labels[static_cast<std::size_t>(i)];
    if (all.sizes(own) < 2) continue;  // a point alone scores 0
    double other = std::numeric_limits<double>::infinity();
    for (Index c = 0; c < all.clusters(); ++c) {
      if (c != own) other = std::min(other, sums(c, i) / all.sizes(c));
    }
    const double within = sums(own, i) / (all.sizes(own) - 1);
    const double larger = std::max(within, other);
    if (larger > 0) total += (other - within) / larger;
  }
  return total / static_cast<double>(n);
}

double DaviesBouldin(const Matrix& points, const std::vector<int>& labels) {
  const Clustering all = MakeClustering(points, labels);
  Eigen::VectorXd scatter = Eigen::VectorXd::Zero(all.clusters());
  for (Index i = 0; i < all.points.cols(); ++i) {
    const Index own = all.labels[static_cast<std::size_t>(i)];
    scatter(own) += (all.points.col(i) - all.means.col(own)).norm() / all.sizes(own);
  }
  double total = 0;
  for (Index c = 0; c < all.clusters(); ++c) {
    double worst = 0;
    for (Index other = 0; other < all.clusters(); ++other) {
      const double apart = (all.means.col(c) - all.means.col(other)).norm();
      if (apart > 0) worst = std::max(worst, (scatter(c) + scatter(other)) / apart);
    }
    total += worst;
  }
  return all.clusters() == 0 ? 0 : total / static_cast<double>(all.clusters());
}

double CalinskiHarabasz(const Matrix& points, const std::vector<int>& labels) {
  const Clustering all = MakeClustering(points, labels);
  const auto n = static_cast<double>(all.points.cols());
  const auto k = static_cast<double>(all.clusters());
  if (k < 2) return 0;
  const Eigen::VectorXd centre = all.points.rowwise().mean();
  double between = 0;
  for (Index c = 0; c < all.clusters(); ++c) {
    between += all.sizes(c) * (all.means.col(c) - centre).squaredNorm();
  }
  double within = 0;
  for (Index i = 0; i < all.points.cols(); ++i) {
    const Index own = all.labels[static_cast<std::size_t>(i)];
    within += (all.points.col(i) - all.means.col(own)).squaredNorm();
  }
  return within == 0 ? 1 : between * (n - k) / (within * (k - 1));
}

}  // namespace segmentd::model
