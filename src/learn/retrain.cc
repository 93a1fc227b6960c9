#include "segmentd/learn/retrain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "beginning.h"
#include "clusters.h"
#include "embedding_fit.h"
#include "identity.h"
#include "movement.h"
#include "naming.h"
#include "reference.h"
#include "risk_fit.h"
#include "scaling.h"
#include "segmentd/learn/placing.h"
#include "segmentd/model/kmeans.h"
#include "segments.h"
#include "structure.h"

namespace segmentd::learn {
namespace {

using Index = Eigen::Index;

constexpr int kLloydIterations = 50;
constexpr int kFewIterations = 2;
constexpr std::array<float, 3> kAnchors = {0, 0.1F, 1};
constexpr Index kSelfTests = 8;
constexpr int kColdStarts = 4;
constexpr Index kSilhouetteRows = 2'000;

Status CheckOptions(const Rows& rows, const Options& options) {
  if (options.k_min < 1 || options.k_max < options.k_min || options.k_max > 1'000) {
    return Fail(Code::kConfig,
                "learning.k is {}..{}; give a range within 1..1000, the smaller first",
                options.k_min, options.k_max);
  }
  if (options.embedding_size < 1) {
    return Fail(Code::kConfig, "the embedding's size is {}; it has to be at least 1",
                options.embedding_size);
  }
  if (rows.schema.features.empty()) {
    return Fail(Code::kConfig, "the plan excludes every feature; leave some in `features`");
  }
  if (rows.size() < kRowsMin) {
    return Fail(Code::kConfig, "there are {} customers to learn from; a model needs {} at least",
                rows.size(), kRowsMin);
  }
  return Ok();
}

class Retraining {
 public:
  Retraining(const model::Bundle* champion, const Rows& rows, const Options& options,
             const Progress& progress)
      : champion_(champion), options_(options), progress_(progress), points_{rows, {}, {}, {}} {}

  Result<Retrained> Run() {
    Begin();
    if (!Go("scaling and embedding", 0)) return Stopped();
    SEGMENTD_ASSIGN_OR_RETURN(bundle_.scaler, ChooseScaler(champion_, rows(), options_));
    SEGMENTD_RETURN_IF_ERROR(Learn());
    Settle();
    Identify();
    NameSegments(champion_, bundle_);
    if (!Go("measuring", 0)) return Stopped();
    Measure();
    if (champion_ != nullptr) bundle_.risk = champion_->risk;
    if (options_.fit_risk) bundle_.risk = FitRisk(rows(), bundle_.risk, report_.notes);
    MakeReference(points_, fit().labels, bundle_);
    bundle_.self_test =
        model::MakeSelfTest(bundle_, rows().values.leftCols(std::min(kSelfTests, rows().size())));
    return Retrained{std::move(bundle_), std::move(report_)};
  }

 private:
  const Rows& rows() const { return points_.rows; }
  bool Go(std::string_view step, double share) { return !progress_ || progress_(step, share); }
  static tl::unexpected<Error> Stopped() {
    return Fail(Code::kCancelled, "the retrain was stopped");
  }

  void Begin() {
    BeginBundle(rows(), options_, bundle_, report_);
    report_.first = champion_ == nullptr;
    report_.alarm = options_.alarm;
    report_.held_out =
        static_cast<std::uint64_t>(std::ranges::count_if(rows().customers, IsHeldOut));
    if (champion_ == nullptr) return;
    bundle_.sequence = champion_->sequence + 1;
    bundle_.parent = model::BundleVersion(model::EncodeBundle(*champion_));
    bundle_.next_segment_id = std::max(bundle_.next_segment_id, champion_->next_segment_id);
    bundle_.lineage = champion_->lineage;
    bundle_.currency = champion_->currency;
    bundle_.margin = champion_->margin;
    bundle_.clear_jump = champion_->clear_jump;
    bundle_.dwell = champion_->dwell;
    before_ = Place(*champion_, rows());
  }

  // Scaled values stay; the embedding and the clusters are made again, ever nearer to the
  // champion's, until few enough customers move.
  Status Learn() {
    points_.limits = Limits(bundle_.scaler, rows().values);
    model::Matrix blocks;
    bundle_.scaler.Apply(rows().values, static_cast<int>(rows().size()), blocks);
    points_.scaled = blocks.leftCols(rows().size());
    for (const float anchor : kAnchors) {
      SEGMENTD_RETURN_IF_ERROR(Embed(anchor));
      SEGMENTD_RETURN_IF_ERROR(Cluster(kLloydIterations));
      if (IsWithinBudget()) return Ok();
      if (!report_.embedding.warm) break;
    }
    return Cluster(kFewIterations);
  }

  Status Embed(float anchor) {
    const auto go_on = [this](double share) { return Go("training the embedding", share); };
    SEGMENTD_RETURN_IF_ERROR(FitEmbedding(champion_, champion_ == nullptr ? nullptr : &before_,
                                          points_, options_, anchor, go_on, bundle_, report_));
    points_.codes = Codes(bundle_.embedding, points_.scaled);
    return Ok();
  }

  model::KMeansFit& fit() { return anchored_.fit; }
  const model::KMeansFit& fit() const { return anchored_.fit; }
  bool IsAnchored() const { return champion_ != nullptr && !options_.cold; }

  // Where clusters do not start from the champion's, there is no way to hold them.
  bool IsWithinBudget() const {
    if (!IsAnchored() || options_.alarm) return true;
    double moved = 0;
    double all = 0;
    for (std::size_t i = 0; i < fit().labels.size(); ++i) {
      const auto now = static_cast<std::size_t>(fit().labels[i]);
      const bool stays = anchored_.origins[now] == before_.labels[i];
      moved += stays ? 0 : rows().weights[i];
      all += rows().weights[i];
    }
    return moved <= options_.moved_budget * all;
  }

  Status Cluster(int iterations) {
    if (!Go("fitting the segments", 0)) return Stopped();
    if (IsAnchored()) {
      anchored_ =
          StartFromSegments(*champion_, before_.labels, points_.codes, rows().weights, iterations);
      report_.clusters.anchored = true;
      return Ok();
    }
    SEGMENTD_ASSIGN_OR_RETURN(Clusters clusters,
                              ChooseClusters(points_.codes, rows().weights, options_, progress_));
    anchored_.fit = std::move(clusters.fit);
    report_.clusters.knee = clusters.knee;
    report_.clusters.by_k = std::move(clusters.by_k);
    for (const KScore& score : report_.clusters.by_k) {
      bundle_.inertia_by_k.emplace_back(score.k, score.inertia);
      bundle_.silhouette_by_k.emplace_back(score.k, score.silhouette);
    }
    return Ok();
  }

  void Settle() {
    if (IsAnchored()) {
      Restructure(*champion_, points_.codes, rows().weights, options_, anchored_);
      report_.clusters.cold_inertia = ColdInertia();
    }
    bundle_.inertia = fit().inertia;
    bundle_.simplified_silhouette = model::SimplifiedSilhouette(points_.codes, fit().centroids);
  }

  // What as many segments could reach if none had to stay what it is.
  double ColdInertia() const {
    return model::FitKMeans(points_.codes,
                            {.clusters = static_cast<int>(anchored_.origins.size()),
                             .starts = kColdStarts,
                             .iterations_max = kLloydIterations,
                             .seed = options_.seed},
                            rows().weights)
        .inertia;
  }

  // Gives every cluster the id of the segment that it is, or one that nobody had; then segments
  // stand in the order of their ids, and labels with them.
  void Identify() {
    bundle_.segments = DescribeClusters(points_, fit().centroids, fit().labels);
    std::vector<SegmentId> known;
    if (champion_ != nullptr) {
      for (const model::Segment& segment : champion_->segments) known.push_back(segment.id);
    }
    std::vector<SegmentId> ids(bundle_.segments.size());
    if (IsAnchored()) {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const int origin = anchored_.origins[i];
        if (origin >= 0) ids[i] = known[static_cast<std::size_t>(origin)];
      }
    } else if (champion_ != nullptr) {
      Identities found = Match(Overlap(before_.labels, static_cast<Index>(known.size()),
                                       fit().labels, fit().centroids.cols(), rows().weights),
                               known);
      ids = std::move(found.ids);
      anchored_.lineage = std::move(found.lineage);
      anchored_.cluster_of_child = std::move(found.cluster_of_child);
    }
    for (const std::size_t i : OrderOfStanding(bundle_)) {
      if (ids[i] == SegmentId{}) ids[i] = SegmentId{bundle_.next_segment_id++};
      bundle_.segments[i].id = ids[i];
    }
    for (std::size_t i = 0; i < anchored_.lineage.size(); ++i) {
      model::Lineage& entry = bundle_.lineage.emplace_back(anchored_.lineage[i]);
      entry.sequence = bundle_.sequence;
      const int child = anchored_.cluster_of_child[i];
      if (child >= 0) entry.child = ids[static_cast<std::size_t>(child)];
    }
    SortSegments();
  }

  void SortSegments() {
    std::vector<std::size_t> order(bundle_.segments.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](std::size_t i) { return bundle_.segments[i].id; });
    std::vector<int> place(order.size());
    std::vector<model::Segment> sorted;
    for (std::size_t i = 0; i < order.size(); ++i) {
      place[order[i]] = static_cast<int>(i);
      sorted.push_back(std::move(bundle_.segments[order[i]]));
    }
    bundle_.segments = std::move(sorted);
    for (int& label : fit().labels) label = place[static_cast<std::size_t>(label)];
  }

  void Measure() {
    MeasureCodes(points_.codes, report_.embedding);
    report_.finite = points_.codes.allFinite() && std::isfinite(report_.embedding.error) &&
                     std::isfinite(report_.embedding.last_loss);
    ClusterReport& clusters = report_.clusters;
    clusters.inertia = bundle_.inertia;
    clusters.simplified_silhouette = bundle_.simplified_silhouette;
    clusters.davies_bouldin = model::DaviesBouldin(points_.codes, fit().labels);
    clusters.calinski_harabasz = model::CalinskiHarabasz(points_.codes, fit().labels);
    const Index step = (rows().size() + kSilhouetteRows - 1) / kSilhouetteRows;
    std::vector<Index> sample;
    std::vector<int> labels;
    std::vector<int> champion_labels;
    for (Index i = 0; i < rows().size(); i += step) {
      sample.push_back(i);
      labels.push_back(fit().labels[static_cast<std::size_t>(i)]);
      if (champion_ != nullptr) {
        champion_labels.push_back(before_.labels[static_cast<std::size_t>(i)]);
      }
    }
    const model::Matrix scaled = points_.scaled(Eigen::all, sample);
    clusters.silhouette = model::Silhouette(scaled, labels);
    if (champion_ == nullptr) return;
    clusters.champion_silhouette = model::Silhouette(scaled, champion_labels);
    report_.movement =
        MeasureMovement(*champion_, before_.labels, bundle_, fit().labels, rows().weights);
  }

  const model::Bundle* champion_;
  const Options& options_;
  const Progress& progress_;
  Points points_;
  Placed before_;      // under the champion
  Anchored anchored_;  // without origins where nothing was to start from
  model::Bundle bundle_;
  Report report_;
};

}  // namespace

Result<Retrained> Retrain(const model::Bundle* champion, const Rows& rows, const Options& options,
                          const Progress& progress) {
  SEGMENTD_RETURN_IF_ERROR(CheckOptions(rows, options));
  return Retraining(champion, rows, options, progress).Run();
}

}  // namespace segmentd::learn
