#include "clusters.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>

#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

// Of so many points the order of the candidates is settled; the winner is fitted to all.
constexpr Eigen::Index kCompared = 8'192;
constexpr int kStarts = 4;
constexpr double kLeastShare = 0.01;

// Points drawn without return, in their order.
model::Matrix Sample(const model::Matrix& points, std::uint64_t seed) {
  if (points.cols() <= kCompared) return points;
  Random random(seed);
  model::Matrix sample(points.rows(), kCompared);
  Eigen::Index taken = 0;
  for (Eigen::Index i = 0; i < points.cols() && taken < kCompared; ++i) {
    const auto left = static_cast<std::uint64_t>(points.cols() - i);
    if (random.Below(left) < static_cast<std::uint64_t>(kCompared - taken)) {
      sample.col(taken++) = points.col(i);
    }
  }
  return sample;
}

double SmallestShare(const model::KMeansFit& fit) {
  std::vector<std::size_t> sizes(static_cast<std::size_t>(fit.centroids.cols()));
  for (const int label : fit.labels) ++sizes[static_cast<std::size_t>(label)];
  return static_cast<double>(*std::min_element(sizes.begin(), sizes.end())) /
         static_cast<double>(fit.labels.size());
}

model::KMeansFit FitK(const model::Matrix& points, std::span<const double> weights, int k,
                      std::uint64_t seed) {
  return model::FitKMeans(points, {.clusters = k, .starts = kStarts, .seed = seed}, weights);
}

}  // namespace

Result<Clusters> ChooseClusters(const model::Matrix& points, const std::vector<double>& weights,
                                const Options& options, const Progress& progress) {
  const model::Matrix sample = Sample(points, options.seed);
  const double scale = static_cast<double>(points.cols()) / static_cast<double>(sample.cols());
  Clusters chosen;
  int best_k = options.k_min;
  bool best_is_sound = false;
  double best = -std::numeric_limits<double>::infinity();
  for (int k = options.k_min; k <= options.k_max; ++k) {
    if (progress &&
        !progress(fmt::format("trying {} segments", k),
                  static_cast<double>(k - options.k_min) / (options.k_max - options.k_min + 1))) {
      return Fail(Code::kCancelled, "the retrain was stopped");
    }
    const model::KMeansFit fit = FitK(sample, {}, k, options.seed);
    const double silhouette = model::SimplifiedSilhouette(sample, fit.centroids);
    chosen.inertia_by_k.emplace_back(k, fit.inertia * scale);
    chosen.silhouette_by_k.emplace_back(k, silhouette);
    const bool sound = SmallestShare(fit) >= kLeastShare;
    if (sound == best_is_sound ? silhouette > best : sound) {
      best = silhouette;
      best_k = k;
      best_is_sound = sound;
    }
    if (fit.centroids.cols() < k) break;  // no more distinct points
  }
  chosen.fit = FitK(points, weights, best_k, options.seed);
  chosen.silhouette = model::SimplifiedSilhouette(points, chosen.fit.centroids);
  return chosen;
}

}  // namespace segmentd::learn
