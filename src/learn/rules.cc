#include "segmentd/learn/rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "beginning.h"
#include "naming.h"
#include "reference.h"
#include "risk_fit.h"
#include "scaling.h"
#include "segmentd/learn/placing.h"
#include "segmentd/model/kmeans.h"
#include "segmentd/segment/names.h"
#include "segments.h"

namespace segmentd::learn {
namespace {

using Index = Eigen::Index;

constexpr Index kSelfTests = 8;

// One feature that archetypes are told apart by, and which way it counts.
struct Ruler {
  Index feature = 0;
  float sign = 1;
  double segment::Profile::*at = nullptr;
};

std::vector<Ruler> RulersOf(const std::vector<std::string>& features, const model::Scaler& scaler) {
  struct Candidate {
    Axis axis;
    float sign;
    double segment::Profile::*at;
  };
  constexpr std::array<Candidate, 4> kCandidates = {{
      {Axis::kIdle, -1, &segment::Profile::recency},
      {Axis::kFrequency, 1, &segment::Profile::frequency},
      {Axis::kMonetary, 1, &segment::Profile::monetary},
      {Axis::kTenure, 1, &segment::Profile::tenure},
  }};
  std::vector<Ruler> rulers;
  for (const Candidate& candidate : kCandidates) {
    const auto feature = FeatureOf(candidate.axis, features);
    if (!feature || scaler.rows[*feature].constant || scaler.rows[*feature].weight <= 0) continue;
    rulers.push_back({static_cast<Index>(*feature), candidate.sign, candidate.at});
  }
  return rulers;
}

class Rules {
 public:
  Rules(const Rows& rows, const Options& options) : options_(options), points_{rows, {}, {}, {}} {}

  Result<Retrained> Make() {
    if (rows().size() < kRowsMin) {
      return Fail(Code::kConfig, "there are {} customers; rules need {} at least", rows().size(),
                  kRowsMin);
    }
    Begin();
    SEGMENTD_ASSIGN_OR_RETURN(bundle_.scaler, ChooseScaler(nullptr, rows(), options_));
    rulers_ = RulersOf(bundle_.features, bundle_.scaler);
    if (rulers_.empty()) {
      return Fail(Code::kConfig,
                  "the plan leaves out, or nothing varies in, what archetypes are told apart by: "
                  "idle_days, orders, spend and tenure");
    }
    Embed();
    MakeSegments();
    bundle_.risk = FitRisk(rows(), bundle_.risk, report_.notes);
    MakeReference(points_, labels_, bundle_);
    bundle_.self_test =
        model::MakeSelfTest(bundle_, rows().values.leftCols(std::min(kSelfTests, rows().size())));
    return Retrained{std::move(bundle_), std::move(report_)};
  }

 private:
  const Rows& rows() const { return points_.rows; }

  void Begin() {
    BeginBundle(rows(), options_, bundle_, report_);
    report_.first = true;
    report_.embedding.asked = report_.embedding.made = model::EmbeddingKind::kRules;
  }

  // The features themselves, in standard deviations.
  void Embed() {
    const auto features = static_cast<Index>(bundle_.features.size());
    model::Embedding& embedding = bundle_.embedding;
    embedding.kind = model::EmbeddingKind::kRules;
    embedding.origin = model::Vector::Zero(features);
    embedding.skip = model::Matrix::Zero(static_cast<Index>(rulers_.size()), features);
    for (std::size_t i = 0; i < rulers_.size(); ++i) {
      const Ruler& ruler = rulers_[i];
      const float weight = bundle_.scaler.rows[static_cast<std::size_t>(ruler.feature)].weight;
      embedding.skip(static_cast<Index>(i), ruler.feature) = ruler.sign / weight;
    }
    points_.limits = Limits(bundle_.scaler, rows().values);
    model::Matrix blocks;
    bundle_.scaler.Apply(rows().values, static_cast<int>(rows().size()), blocks);
    points_.scaled = blocks.leftCols(rows().size());
    points_.codes = Codes(embedding, points_.scaled);
  }

  void MakeSegments() {
    const std::vector<segment::Profile> archetypes = segment::PlainArchetypes();
    model::Matrix centroids(static_cast<Index>(rulers_.size()),
                            static_cast<Index>(archetypes.size()));
    for (std::size_t a = 0; a < archetypes.size(); ++a) {
      for (std::size_t i = 0; i < rulers_.size(); ++i) {
        centroids(static_cast<Index>(i), static_cast<Index>(a)) =
            static_cast<float>(archetypes[a].*rulers_[i].at);
      }
    }
    labels_ = model::RefineKMeans(points_.codes, centroids, 0).labels;
    const std::vector<int> together(labels_.size(), 0);
    const model::Segment all = DescribeClusters(points_, centroids.leftCols(1), together).front();
    bundle_.segments = DescribeClusters(points_, centroids, labels_);
    for (model::Segment& segment : bundle_.segments) {
      // Nobody is there yet: what is typical is what is typical of all.
      if (segment.share <= 0) segment.typical = all.typical;
      segment.mean.setZero();
      for (std::size_t i = 0; i < rulers_.size(); ++i) {
        const auto feature = static_cast<std::size_t>(rulers_[i].feature);
        segment.mean[rulers_[i].feature] = rulers_[i].sign *
                                           segment.centroid[static_cast<Index>(i)] *
                                           bundle_.scaler.rows[feature].weight;
      }
    }
    // Archetypes stand in the order of their activity, and so do the ids.
    for (model::Segment& segment : bundle_.segments) {
      segment.id = SegmentId{bundle_.next_segment_id++};
    }
    NameSegments(nullptr, bundle_);
  }

  const Options& options_;
  Points points_;
  std::vector<Ruler> rulers_;
  std::vector<int> labels_;
  model::Bundle bundle_;
  Report report_;
};

}  // namespace

Result<Retrained> MakeRules(const Rows& rows, const Options& options) {
  return Rules(rows, options).Make();
}

}  // namespace segmentd::learn
