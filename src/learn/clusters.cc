#include "clusters.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "segmentd/base/random.h"
#include "segmentd/model/prediction_strength.h"

namespace segmentd::learn {
namespace {

// Of so many points the order of the candidates is settled; the winner is fitted to all.
constexpr Eigen::Index kCompared = 4'096;
constexpr int kStarts = 4;
constexpr int kSplits = 5;
constexpr double kLeastShare = 0.01;
constexpr double kStrengthPart = 0.5;
constexpr double kSilhouettePart = 0.3;
constexpr double kCalinskiPart = 0.2;

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

// How many of the candidates a value beats, as a share of the others.
double RankOf(double value, const std::vector<KScore>& all, double KScore::*measure) {
  const auto beaten =
      std::ranges::count_if(all, [&](const KScore& other) { return other.*measure < value; });
  return all.size() < 2 ? 1 : static_cast<double>(beaten) / static_cast<double>(all.size() - 1);
}

void Rank(std::vector<KScore>& by_k) {
  for (KScore& score : by_k) {
    score.score =
        kStrengthPart * RankOf(score.prediction_strength, by_k, &KScore::prediction_strength) +
        kSilhouettePart * RankOf(score.silhouette, by_k, &KScore::silhouette) +
        kCalinskiPart * RankOf(score.calinski_harabasz, by_k, &KScore::calinski_harabasz);
  }
}

}  // namespace

Result<Clusters> ChooseClusters(const model::Matrix& points, const std::vector<double>& weights,
                                const Options& options, const Progress& progress) {
  const model::Matrix sample = Sample(points, options.seed);
  const double scale = static_cast<double>(points.cols()) / static_cast<double>(sample.cols());
  Clusters chosen;
  std::vector<bool> sound;
  for (int k = options.k_min; k <= options.k_max; ++k) {
    if (progress &&
        !progress(fmt::format("trying {} segments", k),
                  static_cast<double>(k - options.k_min) / (options.k_max - options.k_min + 1))) {
      return Fail(Code::kCancelled, "the retrain was stopped");
    }
    const model::KMeansFit fit = FitK(sample, {}, k, options.seed);
    KScore score{.k = k, .inertia = fit.inertia * scale};
    score.silhouette = model::SimplifiedSilhouette(sample, fit.centroids);
    score.calinski_harabasz = model::CalinskiHarabasz(sample, fit.labels);
    if (options.k_max > options.k_min) {
      score.prediction_strength = model::PredictionStrength(
          sample, {.clusters = k, .starts = kStarts, .seed = options.seed}, kSplits);
    }
    chosen.by_k.push_back(score);
    sound.push_back(SmallestShare(fit) >= kLeastShare);
    if (fit.centroids.cols() < k) break;  // no more distinct points
  }
  Rank(chosen.by_k);
  std::size_t best = 0;
  for (std::size_t i = 1; i < chosen.by_k.size(); ++i) {
    const bool better = chosen.by_k[i].score > chosen.by_k[best].score;
    if (sound[i] == sound[best] ? better : sound[i]) best = i;
  }
  chosen.knee = KneeOf(chosen.by_k);
  chosen.fit = FitK(points, weights, chosen.by_k[best].k, options.seed);
  return chosen;
}

int KneeOf(const std::vector<KScore>& by_k) {
  if (by_k.size() < 3) return 0;
  const KScore& first = by_k.front();
  const KScore& last = by_k.back();
  const KScore* knee = &first;
  double deepest = 0;
  for (const KScore& score : by_k) {
    const double along = static_cast<double>(score.k - first.k) / (last.k - first.k);
    const double line = first.inertia + along * (last.inertia - first.inertia);
    if (line - score.inertia > deepest) {
      deepest = line - score.inertia;
      knee = &score;
    }
  }
  return knee->k;
}

}  // namespace segmentd::learn
