#include "segmentd/model/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "model/block.h"
#include "segmentd/base/assert.h"
#include "segmentd/base/random.h"

namespace segmentd::model {
namespace {

using Index = Eigen::Index;

std::vector<Block> Blocks(const Matrix& points) {
  std::vector<Block> blocks(static_cast<std::size_t>(BlocksOf(points.cols())));
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    LoadBlock(points, static_cast<Index>(b) * kBlockColumns, blocks[b]);
  }
  return blocks;
}

// Greedy k-means++: of a few points drawn by their squared distance to the nearest centroid so far,
// the one that leaves the least of it.
class Seeding {
 public:
  Seeding(const Matrix& points, const std::vector<Block>& blocks, std::span<const double> weights,
          Random& random)
      : points_(points), blocks_(blocks), random_(random) {
    weights_ = Eigen::VectorXf::Zero(static_cast<Index>(blocks_.size()) * kBlockColumns);
    weights_.head(points_.cols()).setOnes();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights_(static_cast<Index>(i)) = static_cast<float>(weights[i]);
    }
  }

  // Fewer than `clusters` when every point already stands on a centroid.
  Matrix Run(int clusters) {
    const int draws = 2 + static_cast<int>(std::log(clusters));
    nearest_ = Eigen::VectorXf::Zero(static_cast<Index>(blocks_.size()) * kBlockColumns);
    nearest_.head(points_.cols()).setConstant(std::numeric_limits<float>::infinity());
    Matrix centroids(points_.rows(), clusters);
    std::vector<Index> candidates = {
        static_cast<Index>(random_.Below(static_cast<std::uint64_t>(points_.cols())))};
    for (int chosen = 0; chosen < clusters; ++chosen) {
      centroids.col(chosen) = points_.col(TakeBest(candidates));
      SumUp();
      if (cumulative_.back() <= 0) return centroids.leftCols(chosen + 1);
      candidates.clear();
      for (int i = 0; i < draws; ++i) candidates.push_back(Draw());
    }
    return centroids;
  }

 private:
  Index TakeBest(const std::vector<Index>& candidates) {
    const Matrix centroids = points_(Eigen::all, candidates);
    trials_.resize(nearest_.size(), centroids.cols());
    Block squared;
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      SquaredDistances(blocks_[b], centroids, squared);
      const Index first = static_cast<Index>(b) * kBlockColumns;
      const Lanes nearest = nearest_.segment<kBlockColumns>(first);
      trials_.middleRows<kBlockColumns>(first) =
          squared.array().min(nearest.replicate(1, squared.cols())).matrix();
    }
    Index best = 0;
    (trials_.array().colwise() * weights_.array()).cast<double>().colwise().sum().minCoeff(&best);
    nearest_ = trials_.col(best);
    return candidates[static_cast<std::size_t>(best)];
  }

  void SumUp() {
    cumulative_.resize(static_cast<std::size_t>(points_.cols()));
    double sum = 0;
    for (std::size_t i = 0; i < cumulative_.size(); ++i) {
      const auto at = static_cast<Index>(i);
      cumulative_[i] = sum += nearest_(at) * weights_(at);
    }
  }

  // Only a point off every centroid raises the sum, so only such a point is drawn.
  Index Draw() {
    const double target = random_.Uniform() * cumulative_.back();
    auto at = std::upper_bound(cumulative_.begin(), cumulative_.end(), target);
    if (at == cumulative_.end()) {  // the product rounded up to the whole sum
      at = std::lower_bound(cumulative_.begin(), cumulative_.end(), cumulative_.back());
    }
    return at - cumulative_.begin();
  }

  const Matrix& points_;
  const std::vector<Block>& blocks_;
  Random& random_;
  Eigen::VectorXf weights_;  // padding is zero
  Eigen::VectorXf nearest_;  // squared distance to the nearest centroid so far; padding is zero
  Matrix trials_;            // the same with each candidate added
  std::vector<double> cumulative_;
};

// Lloyd's iterations from given centroids. Sums are double and follow the points that move, so late
// iterations cost little more than their distances.
class Lloyd {
 public:
  // What becomes of a cluster that lost all its points.
  enum class Empty { kReseed, kKeep };

  Lloyd(const Matrix& points, const std::vector<Block>& blocks, std::span<const double> weights,
        Matrix centroids, Empty empty)
      : points_(points),
        blocks_(blocks),
        weights_(weights),
        empty_(empty),
        centroids_(std::move(centroids)) {
    const auto size = static_cast<std::size_t>(points_.cols());
    labels_.assign(size, -1);
    squared_.assign(size, 0);
    sums_ = Eigen::MatrixXd::Zero(centroids_.rows(), centroids_.cols());
    sizes_.assign(static_cast<std::size_t>(centroids_.cols()), 0);
    masses_ = Eigen::VectorXd::Zero(centroids_.cols());
  }

  KMeansFit Run(int iterations_max) {
    KMeansFit fit;
    while (Assign() && fit.iterations < iterations_max) {
      if (empty_ == Empty::kReseed) ReseedEmpty();
      for (Index c = 0; c < centroids_.cols(); ++c) {
        // Of weights that are no whole numbers, something remains when the last point has gone.
        if (sizes_[static_cast<std::size_t>(c)] > 0 && masses_(c) > 0) {
          centroids_.col(c) = (sums_.col(c) / masses_(c)).cast<float>();
        }
      }
      ++fit.iterations;
    }
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const auto point = points_.col(static_cast<Index>(i)).cast<double>();
      fit.inertia +=
          WeightOf(i) * (point - centroids_.col(labels_[i]).cast<double>()).squaredNorm();
    }
    fit.centroids = std::move(centroids_);
    fit.labels = std::move(labels_);
    return fit;
  }

 private:
  // Whether a point changed its cluster.
  bool Assign() {
    bool moved = false;
    Block squared;
    Lanes least;
    LaneIndexes nearest;
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      SquaredDistances(blocks_[b], centroids_, squared);
      Nearest(squared, least, nearest);
      const std::size_t first = b * kBlockColumns;
      const std::size_t count = std::min<std::size_t>(kBlockColumns, labels_.size() - first);
      std::copy_n(least.data(), count, &squared_[first]);
      if (std::equal(nearest.data(), nearest.data() + count, &labels_[first])) continue;
      moved = true;
      for (std::size_t j = 0; j < count; ++j) {
        const int label = nearest(static_cast<Index>(j));
        if (labels_[first + j] != label) Move(first + j, label);
      }
    }
    return moved;
  }

  void Move(std::size_t point, int to) {
    const double weight = WeightOf(point);
    const auto at = static_cast<Index>(point);
    if (const int from = labels_[point]; from >= 0) {
      AddWeighted(points_, at, -weight, sums_.col(from).data());
      masses_(from) -= weight;
      --sizes_[static_cast<std::size_t>(from)];
    }
    AddWeighted(points_, at, weight, sums_.col(to).data());
    masses_(to) += weight;
    ++sizes_[static_cast<std::size_t>(to)];
    labels_[point] = to;
  }

  double WeightOf(std::size_t point) const { return weights_.empty() ? 1 : weights_[point]; }

  // A cluster that lost all its points takes the point that lies worst and does not stand alone.
  void ReseedEmpty() {
    for (std::size_t c = 0; c < sizes_.size(); ++c) {
      if (sizes_[c] > 0) continue;
      std::size_t worst = 0;
      float largest = 0;
      for (std::size_t i = 0; i < squared_.size(); ++i) {
        if (squared_[i] > largest && sizes_[static_cast<std::size_t>(labels_[i])] > 1) {
          worst = i;
          largest = squared_[i];
        }
      }
      if (largest == 0) return;
      Move(worst, static_cast<int>(c));
      squared_[worst] = 0;
    }
  }

  const Matrix& points_;
  const std::vector<Block>& blocks_;
  std::span<const double> weights_;  // none: 1 each
  Empty empty_;
  Matrix centroids_;
  std::vector<int> labels_;
  std::vector<float> squared_;  // to the own centroid
  Eigen::MatrixXd sums_;        // of the points times their weights
  Eigen::VectorXd masses_;      // of the weights
  std::vector<std::int64_t> sizes_;
};

}  // namespace

KMeansFit FitKMeans(const Matrix& points, const KMeansOptions& options,
                    std::span<const double> weights) {
  SEGMENTD_ASSERT(points.cols() >= 1, "there is a point");
  SEGMENTD_ASSERT(weights.empty() || weights.size() == static_cast<std::size_t>(points.cols()),
                  "one weight per point");
  SEGMENTD_ASSERT(options.clusters >= 1 && options.starts >= 1 && options.iterations_max >= 1,
                  "clusters, starts and iterations are positive");
  const std::vector<Block> blocks = Blocks(points);
  Random random(options.seed);
  KMeansFit best;
  for (int start = 0; start < options.starts; ++start) {
    Matrix seeds = Seeding(points, blocks, weights, random).Run(options.clusters);
    KMeansFit fit = Lloyd(points, blocks, weights, std::move(seeds), Lloyd::Empty::kReseed)
                        .Run(options.iterations_max);
    if (start == 0 || fit.inertia < best.inertia) best = std::move(fit);
  }
  return best;
}

std::vector<int> NearestCentroids(const Matrix& points, const Matrix& centroids) {
  SEGMENTD_ASSERT(points.rows() == centroids.rows(), "points and centroids share their space");
  SEGMENTD_ASSERT(centroids.cols() >= 1, "there is a centroid");
  std::vector<int> labels(static_cast<std::size_t>(points.cols()));
  Block block;
  Block squared;
  Lanes least;
  LaneIndexes nearest;
  for (Index first = 0; first < points.cols(); first += kBlockColumns) {
    LoadBlock(points, first, block);
    SquaredDistances(block, centroids, squared);
    Nearest(squared, least, nearest);
    const Index count = std::min<Index>(kBlockColumns, points.cols() - first);
    std::copy_n(nearest.data(), count, &labels[static_cast<std::size_t>(first)]);
  }
  return labels;
}

KMeansFit RefineKMeans(const Matrix& points, const Matrix& centroids, int iterations_max,
                       std::span<const double> weights) {
  SEGMENTD_ASSERT(centroids.cols() >= 1, "there is a centroid");
  SEGMENTD_ASSERT(weights.empty() || weights.size() == static_cast<std::size_t>(points.cols()),
                  "one weight per point");
  return Lloyd(points, Blocks(points), weights, centroids, Lloyd::Empty::kKeep).Run(iterations_max);
}

void Distances(const Matrix& codes, const Matrix& centroids, Matrix& distances) {
  SEGMENTD_ASSERT(codes.rows() == centroids.rows(), "codes and centroids share their space");
  distances.resize(centroids.cols(), codes.cols());
  Block block;
  Block squared;
  for (Index first = 0; first < codes.cols(); first += kBlockColumns) {
    LoadBlock(codes, first, block);
    SquaredDistances(block, centroids, squared);
    squared = squared.cwiseSqrt();
    StoreBlock(squared, first, distances);
  }
}

}  // namespace segmentd::model
