#include "segmentd/learn/mini_batch.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "segmentd/model/kmeans.h"

namespace segmentd::learn {
namespace {

constexpr double kBoost = 0.05;

}  // namespace

MiniBatch::MiniBatch(model::Matrix centroids, double mass, const MiniBatchOptions& options)
    : options_(options), centroids_(std::move(centroids)) {
  masses_.assign(static_cast<std::size_t>(centroids_.cols()), std::min(mass, options_.mass_max));
}

void MiniBatch::Update(const model::Matrix& codes, const std::vector<double>& weights,
                       std::int64_t elapsed_ms) {
  if (codes.cols() == 0) return;
  const std::vector<int> labels = model::NearestCentroids(codes, centroids_);
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(codes.rows(), centroids_.cols());
  Eigen::VectorXd arrived = Eigen::VectorXd::Zero(centroids_.cols());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    sums.col(labels[i]) += weights[i] * codes.col(static_cast<Eigen::Index>(i)).cast<double>();
    arrived(labels[i]) += weights[i];
  }
  const double half_lives =
      std::min(static_cast<double>(elapsed_ms) / static_cast<double>(options_.half_life_ms),
               static_cast<double>(codes.cols()) / options_.half_life_points_min);
  const double kept = std::exp2(-std::max(half_lives, 0.0));
  for (Eigen::Index c = 0; c < centroids_.cols(); ++c) {
    double& mass = masses_[static_cast<std::size_t>(c)];
    mass *= kept;
    if (arrived(c) <= 0) continue;
    mass = std::min(mass + arrived(c), options_.mass_max);
    const double rate = std::min(1.0, arrived(c) / mass);
    const Eigen::VectorXd mean = sums.col(c) / arrived(c);
    centroids_.col(c) += (rate * (mean - centroids_.col(c).cast<double>())).cast<float>();
  }
}

void MiniBatch::Boost() {
  for (double& mass : masses_) mass *= kBoost;
}

}  // namespace segmentd::learn
