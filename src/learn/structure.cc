#include "structure.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "segmentd/base/random.h"
#include "segmentd/model/prediction_strength.h"

namespace segmentd::learn {
namespace {

using Index = Eigen::Index;
using Kind = model::Lineage::Kind;

constexpr int kLloydIterations = 50;
constexpr double kDeadShare = 0.01;
constexpr double kTooNear = 0.5;  // of the sum of the radii
constexpr double kNoLoss = 0.01;  // of all squared distances
constexpr int kDraws = 8;
constexpr double kSplitGain = 0.35;
constexpr double kSplitShare = 0.03;
constexpr double kSplitAgreement = 0.8;
constexpr double kValley = 0.5;
constexpr float kValleyReach = 0.15F;  // of the way between the centroids
constexpr int kSplitDivisions = 3;
constexpr Index kSplitRows = 4'096;

class Structure {
 public:
  Structure(const model::Bundle& champion, const model::Matrix& codes,
            const std::vector<double>& weights, const Options& options, Anchored& anchored)
      : champion_(champion),
        codes_(codes),
        weights_(weights),
        options_(options),
        anchored_(anchored),
        all_(std::accumulate(weights.begin(), weights.end(), 0.0)) {}

  void Run() {
    Measure();
    bool changed = Retire() || Merge() || Split();
    if (clusters() < options_.k_min) changed = Bear() || changed;
    if (changed) Refine();
  }

 private:
  int clusters() const { return static_cast<int>(anchored_.origins.size()); }
  SegmentId IdOf(int cluster) const {
    const int origin = anchored_.origins[static_cast<std::size_t>(cluster)];
    return champion_.segments[static_cast<std::size_t>(origin)].id;
  }

  void Measure() {
    shares_.setZero(clusters());
    squares_.setZero(clusters());
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const int own = anchored_.fit.labels[i];
      shares_(own) += weights_[i];
      squares_(own) +=
          weights_[i] *
          static_cast<double>(
              (codes_.col(static_cast<Index>(i)) - anchored_.fit.centroids.col(own)).squaredNorm());
    }
    radii_ = (squares_.array() / shares_.array().max(1e-12)).sqrt();
    shares_ /= std::max(all_, 1e-12);
  }

  bool Retire() {
    Index least = 0;
    if (clusters() < 2 || shares_.minCoeff(&least) >= kDeadShare) return false;
    const auto dead = static_cast<int>(least);
    Record(Kind::kRetired, IdOf(dead), SegmentId{}, -1, 0);
    Drop(dead);
    return true;
  }

  bool Merge() {
    if (clusters() <= options_.k_min) return false;
    for (int a = 0; a < clusters(); ++a) {
      for (int b = a + 1; b < clusters(); ++b) {
        if (!TooNear(a, b) || !WereTooNear(a, b)) continue;
        const int gone = shares_(a) < shares_(b) ? a : b;
        Record(Kind::kMerged, IdOf(gone), IdOf(a + b - gone), -1, 1);
        Drop(gone);
        return true;
      }
    }
    return false;
  }

  bool TooNear(int a, int b) const {
    const auto& centroids = anchored_.fit.centroids;
    return AreOne(static_cast<double>((centroids.col(a) - centroids.col(b)).norm()), radii_(a),
                  radii_(b), shares_(a), shares_(b), shares_.dot(radii_.cwiseAbs2()));
  }

  bool WereTooNear(int a, int b) const {
    const auto& first = champion_.segments[static_cast<std::size_t>(Origin(a))];
    const auto& second = champion_.segments[static_cast<std::size_t>(Origin(b))];
    double squares = 0;
    for (const model::Segment& segment : champion_.segments) {
      squares += segment.share * segment.radius * segment.radius;
    }
    return AreOne(static_cast<double>((first.centroid - second.centroid).norm()), first.radius,
                  second.radius, first.share, second.share, squares);
  }

  // Either within each other, or so near and small that one centroid in place of two is no loss
  // (Ward's distance). squares: of all distances, as the shares are of one.
  static bool AreOne(double apart, double first_radius, double second_radius, double first_share,
                     double second_share, double squares) {
    const double shares = std::max(first_share + second_share, 1e-12);
    const double loss = first_share * second_share / shares * apart * apart;
    return apart < kTooNear * (first_radius + second_radius) || loss < kNoLoss * squares;
  }

  int Origin(int cluster) const { return anchored_.origins[static_cast<std::size_t>(cluster)]; }

  // Of the segments whose halves differ enough, the one that gains most by it.
  bool Split() {
    if (clusters() >= options_.k_max) return false;
    double most = 0;
    int parent = -1;
    model::Matrix halves;
    for (int c = 0; c < clusters(); ++c) {
      const std::vector<Index> members = MembersOf(c);
      if (static_cast<double>(members.size()) < 4 / kSplitShare) continue;
      const model::KMeansFit two = InTwo(members);
      const double gain = squares_(c) - two.inertia;
      if (two.centroids.cols() == 2 && gain >= kSplitGain * squares_(c) && gain > most &&
          HasValley(members, two.centroids) && AreParts(members, two)) {
        most = gain;
        parent = c;
        halves = two.centroids;
        if (WeightOf(members, two, 1) > WeightOf(members, two, 0))
          halves.col(0).swap(halves.col(1));
      }
    }
    if (parent < 0) return false;
    // The larger part stays what it was.
    anchored_.fit.centroids.col(parent) = halves.col(0);
    AddCluster(halves.col(1));
    Record(Kind::kSplit, IdOf(parent), SegmentId{}, clusters() - 1, 1);
    return true;
  }

  // A segment of its own where customers are far from all others: of a few drawn by their squared
  // distances, as k-means++ does, the one that saves most of them. It takes a hundredth of the
  // customers at least, and no more than may move.
  bool Bear() {
    const Eigen::ArrayXd weights =
        Eigen::Map<const Eigen::ArrayXd>(weights_.data(), static_cast<Index>(weights_.size()));
    const Eigen::ArrayXd squares = SquaresTo(anchored_.fit.centroids);
    std::vector<double> sums(weights_.size());
    double sum = 0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] = sum += weights_[i] * squares(static_cast<Index>(i));
    }
    Random random(options_.seed);
    double most = 0;
    Index chosen = -1;
    for (int draw = 0; draw < kDraws; ++draw) {
      const auto at = std::ranges::upper_bound(sums, random.Uniform() * sum) - sums.begin();
      if (at == static_cast<std::ptrdiff_t>(sums.size())) continue;
      const Eigen::ArrayXd saved = (squares - SquaresTo(codes_.col(at))).max(0);
      const double taken = ((saved > 0).cast<double>() * weights).sum() / all_;
      const double gain = (saved * weights).sum();
      if (gain > most && taken >= kDeadShare &&
          (options_.alarm || taken <= options_.moved_budget)) {
        most = gain;
        chosen = at;
      }
    }
    if (chosen < 0) return false;
    AddCluster(codes_.col(chosen));
    Record(Kind::kBorn, SegmentId{}, SegmentId{}, clusters() - 1, 0);
    return true;
  }

  Eigen::ArrayXd SquaresTo(const model::Matrix& centroids) const {
    model::Matrix distances;
    model::Distances(codes_, centroids, distances);
    return distances.colwise().minCoeff().transpose().cast<double>().array().square();
  }

  void AddCluster(const model::Vector& centroid) {
    model::Matrix& centroids = anchored_.fit.centroids;
    centroids.conservativeResize(Eigen::NoChange, centroids.cols() + 1);
    centroids.rightCols(1) = centroid;
    anchored_.origins.push_back(-1);
  }

  model::KMeansFit InTwo(const std::vector<Index>& members) const {
    std::vector<double> weights;
    for (const Index i : members) weights.push_back(weights_[static_cast<std::size_t>(i)]);
    return model::FitKMeans(codes_(Eigen::all, members),
                            {.clusters = 2, .starts = 2, .seed = options_.seed}, weights);
  }

  double WeightOf(const std::vector<Index>& members, const model::KMeansFit& two, int half) const {
    double weight = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (two.labels[i] == half) weight += weights_[static_cast<std::size_t>(members[i])];
    }
    return weight;
  }

  bool AreParts(std::vector<Index> members, const model::KMeansFit& two) const {
    if (std::min(WeightOf(members, two, 0), WeightOf(members, two, 1)) < kSplitShare * all_) {
      return false;
    }
    if (static_cast<Index>(members.size()) > kSplitRows) members.resize(kSplitRows);
    const model::Matrix points = codes_(Eigen::all, members);
    return model::PredictionStrength(points, {.clusters = 2, .starts = 2, .seed = options_.seed},
                                     kSplitDivisions) >= kSplitAgreement;
  }

  // Whether between the two centroids there are fewer than half as many as about either. A long
  // cloud, cut in the middle, loses as much of its squared distances as two clouds do, but is
  // densest there.
  bool HasValley(const std::vector<Index>& members, const model::Matrix& centroids) const {
    const model::Vector axis = centroids.col(1) - centroids.col(0);
    double about[3] = {};  // the first, the middle, the second
    for (const Index i : members) {
      const float along = (codes_.col(i) - centroids.col(0)).dot(axis) / axis.squaredNorm();
      for (int at = 0; at < 3; ++at) {
        if (std::abs(along - 0.5F * static_cast<float>(at)) < kValleyReach) {
          about[at] += weights_[static_cast<std::size_t>(i)];
        }
      }
    }
    return about[1] < kValley * std::min(about[0], about[2]);
  }

  std::vector<Index> MembersOf(int cluster) const {
    std::vector<Index> members;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      if (anchored_.fit.labels[i] == cluster) members.push_back(static_cast<Index>(i));
    }
    return members;
  }

  void Record(Kind kind, SegmentId parent, SegmentId child, int cluster, double share) {
    anchored_.lineage.push_back({1, kind, parent, child, share});
    anchored_.cluster_of_child.push_back(cluster);
  }

  void Drop(int cluster) {
    model::Matrix& centroids = anchored_.fit.centroids;
    centroids.middleCols(cluster, clusters() - 1 - cluster) =
        centroids.rightCols(clusters() - 1 - cluster).eval();
    centroids.conservativeResize(Eigen::NoChange, clusters() - 1);
    anchored_.origins.erase(anchored_.origins.begin() + cluster);
  }

  void Refine() {
    anchored_.fit =
        model::RefineKMeans(codes_, anchored_.fit.centroids, kLloydIterations, weights_);
  }

  const model::Bundle& champion_;
  const model::Matrix& codes_;
  const std::vector<double>& weights_;
  const Options& options_;
  Anchored& anchored_;
  double all_;
  Eigen::VectorXd shares_;
  Eigen::VectorXd squares_;
  Eigen::VectorXd radii_;
};

}  // namespace

Anchored StartFromSegments(const model::Bundle& champion, const std::vector<int>& champion_labels,
                           const model::Matrix& codes, const std::vector<double>& weights,
                           int iterations_max) {
  const auto segments = static_cast<Index>(champion.segments.size());
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(codes.rows(), segments);
  Eigen::VectorXd masses = Eigen::VectorXd::Zero(segments);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sums.col(champion_labels[i]) += weights[i] * codes.col(static_cast<Index>(i)).cast<double>();
    masses(champion_labels[i]) += weights[i];
  }
  Anchored anchored;
  model::Matrix centroids(codes.rows(), segments);
  for (Index s = 0; s < segments; ++s) {
    const SegmentId id = champion.segments[static_cast<std::size_t>(s)].id;
    if (masses(s) <= 0) {
      anchored.lineage.push_back({1, Kind::kRetired, id, SegmentId{}, 0});
      anchored.cluster_of_child.push_back(-1);
      continue;
    }
    centroids.col(static_cast<Index>(anchored.origins.size())) =
        (sums.col(s) / masses(s)).cast<float>();
    anchored.origins.push_back(static_cast<int>(s));
  }
  centroids.conservativeResize(Eigen::NoChange, static_cast<Index>(anchored.origins.size()));
  anchored.fit = model::RefineKMeans(codes, centroids, iterations_max, weights);
  return anchored;
}

void Restructure(const model::Bundle& champion, const model::Matrix& codes,
                 const std::vector<double>& weights, const Options& options, Anchored& anchored) {
  Structure(champion, codes, weights, options, anchored).Run();
}

}  // namespace segmentd::learn
