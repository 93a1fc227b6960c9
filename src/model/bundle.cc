#include "segmentd/model/bundle.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "model/bundle_check.h"
#include "segmentd/base/text.h"

namespace segmentd::model {
namespace {

// A decision counts its dwell in one stored byte.
constexpr int kDwellMax = 255;

bool IsName(std::string_view name) { return !name.empty() && IsUtf8(name); }

template <typename Values>
bool AllFinite(const Values& values) {
  return values.array().isFinite().all();
}

bool IsPositive(float value) { return std::isfinite(value) && value > 0; }

Status CheckFeatures(const Bundle& bundle) {
  if (bundle.features.empty()) return Fail(Code::kCorruption, "the model has no features");
  if (!std::all_of(bundle.features.begin(), bundle.features.end(), IsName)) {
    return Fail(Code::kCorruption, "a feature of the model has no name");
  }
  const std::set<std::string_view> distinct(bundle.features.begin(), bundle.features.end());
  if (distinct.size() != bundle.features.size()) {
    return Fail(Code::kCorruption, "a feature of the model is named twice");
  }
  return Ok();
}

Status CheckScaler(const Bundle& bundle) {
  if (bundle.scaler.rows.size() != bundle.features.size()) {
    return Fail(Code::kCorruption, "the model scales {} features but has {}",
                bundle.scaler.rows.size(), bundle.features.size());
  }
  for (std::size_t i = 0; i < bundle.scaler.rows.size(); ++i) {
    const ScalerRow& row = bundle.scaler.rows[i];
    if (!IsPositive(row.unit) || !IsPositive(row.spread) || !std::isfinite(row.centre) ||
        !std::isfinite(row.weight) || row.transform > Transform::kSqrt) {
      return Fail(Code::kCorruption, "the model's scaling of {} is not usable", bundle.features[i]);
    }
  }
  return Ok();
}

bool IsIdentity(const Embedding& embedding) {
  return embedding.layers.empty() && embedding.origin.isZero(0) &&
         embedding.outputs() == embedding.inputs() &&
         embedding.skip == Matrix::Identity(embedding.inputs(), embedding.inputs());
}

Status CheckLayers(const std::vector<Dense>& layers, Eigen::Index inputs, Eigen::Index outputs) {
  Eigen::Index width = inputs;
  for (const Dense& layer : layers) {
    if (layer.weights.cols() != width || layer.weights.rows() != layer.bias.size() ||
        !AllFinite(layer.weights) || !AllFinite(layer.bias)) {
      return Fail(Code::kCorruption, "the layers of the model's network do not fit each other");
    }
    width = layer.bias.size();
  }
  if (!layers.empty() && width != outputs) {
    return Fail(Code::kCorruption, "the layers of the model's network do not end in its size");
  }
  return Ok();
}

Status CheckEmbedding(const Bundle& bundle) {
  const Embedding& embedding = bundle.embedding;
  const auto features = static_cast<Eigen::Index>(bundle.features.size());
  if (embedding.outputs() < 1 || embedding.inputs() != features ||
      embedding.origin.size() != features || !AllFinite(embedding.skip) ||
      !AllFinite(embedding.origin)) {
    return Fail(Code::kCorruption, "the model's embedding does not fit its {} features", features);
  }
  if (embedding.kind == EmbeddingKind::kIdentity && !IsIdentity(embedding)) {
    return Fail(Code::kCorruption, "the model's identity embedding is not the identity");
  }
  return CheckLayers(embedding.layers, features, embedding.outputs());
}

Status CheckDecoder(const Bundle& bundle) {
  const Decoder& decoder = bundle.decoder;
  if (decoder.empty()) return Ok();
  const auto features = static_cast<Eigen::Index>(bundle.features.size());
  if (decoder.skip.rows() != features || decoder.origin.size() != features ||
      decoder.skip.cols() != bundle.embedding.outputs() || !AllFinite(decoder.skip) ||
      !AllFinite(decoder.origin)) {
    return Fail(Code::kCorruption, "the model's decoder does not fit its embedding");
  }
  return CheckLayers(decoder.layers, bundle.embedding.outputs(), features);
}

Status CheckSelfTest(const Bundle& bundle) {
  const SelfTest& test = bundle.self_test;
  if (test.codes.size() == 0) return Ok();
  if (test.codes.rows() != bundle.embedding.outputs() || !AllFinite(test.codes)) {
    return Fail(Code::kCorruption, "the model's self-test does not fit its embedding");
  }
  return Ok();
}

bool HasNames(const Segment& segment) {
  for (std::size_t i = 0; i < segment.names.size(); ++i) {
    if (!IsName(segment.names[i].second)) return false;
    if (i > 0 && segment.names[i].first <= segment.names[i - 1].first) return false;
  }
  return !segment.names.empty();
}

bool HasShape(const Segment& segment, const Bundle& bundle) {
  const auto features = static_cast<Eigen::Index>(bundle.features.size());
  const bool typical_usable = std::none_of(segment.typical.begin(), segment.typical.end(),
                                           [](double value) { return std::isinf(value); });
  return segment.centroid.size() == bundle.embedding.outputs() && segment.mean.size() == features &&
         segment.typical.size() == bundle.features.size() && AllFinite(segment.centroid) &&
         AllFinite(segment.mean) && typical_usable && std::isfinite(segment.radius) &&
         segment.radius >= 0 && std::isfinite(segment.far) && segment.far >= 0 &&
         IsUtf8(segment.rival) && segment.share >= 0 && segment.share <= 1;
}

bool HasCategories(const Segment& segment, const Bundle& bundle) {
  const auto features = static_cast<int>(bundle.features.size());
  return std::all_of(segment.categories.begin(), segment.categories.end(),
                     [&](const risk::CategoryProfile& category) {
                       return IsName(category.name) && category.feature >= 0 &&
                              category.feature < features && category.share >= 0 &&
                              category.share <= 1 && category.of > 0 &&
                              category.customers <= category.of;
                     });
}

Status CheckSegments(const Bundle& bundle) {
  if (bundle.segments.empty()) return Fail(Code::kCorruption, "the model has no segments");
  SegmentId last;
  for (const Segment& segment : bundle.segments) {
    const std::string id = SegmentText(segment.id);
    if (segment.id <= last) {
      return Fail(Code::kCorruption, "{} does not follow {} in the model: ids are not ascending",
                  id, SegmentText(last));
    }
    if (!HasNames(segment)) return Fail(Code::kCorruption, "{} is not properly named", id);
    if (segment.activity < 0 || segment.activity > 4) {
      return Fail(Code::kCorruption, "{} has activity {}, not 0 to 4", id, segment.activity);
    }
    if (!HasShape(segment, bundle)) {
      return Fail(Code::kCorruption, "{} does not fit the model's features and embedding", id);
    }
    if (!HasCategories(segment, bundle)) {
      return Fail(Code::kCorruption, "{} has categories that are not usable", id);
    }
    last = segment.id;
  }
  if (last.value() >= bundle.next_segment_id) {
    return Fail(Code::kCorruption, "the model would give the id {} out again", SegmentText(last));
  }
  return Ok();
}

bool IsHistogram(const Histogram& histogram) {
  const auto finite = [](double value) { return std::isfinite(value); };
  return histogram.shares.size() == histogram.edges.size() + 2 &&
         std::is_sorted(histogram.edges.begin(), histogram.edges.end()) &&
         std::all_of(histogram.edges.begin(), histogram.edges.end(), finite) &&
         std::all_of(histogram.shares.begin(), histogram.shares.end(),
                     [](double share) { return share >= 0 && share <= 1; });
}

Status CheckReference(const Bundle& bundle) {
  const Reference& reference = bundle.reference;
  if (reference.features.empty()) return Ok();
  if (reference.features.size() != bundle.features.size() ||
      !std::all_of(reference.features.begin(), reference.features.end(), IsHistogram) ||
      !IsHistogram(reference.errors) || !(reference.rows > 0) || !(reference.error_most >= 0) ||
      !(reference.error_far >= reference.error_most) || !std::isfinite(reference.error_far)) {
    return Fail(Code::kCorruption, "the model's reference for drift does not fit its features");
  }
  return Ok();
}

// An entry names ids that were given out, and what its kind is about.
Status CheckLineage(const Bundle& bundle) {
  using Kind = Lineage::Kind;
  for (const Lineage& entry : bundle.lineage) {
    const bool has_child = entry.child != SegmentId{};
    const bool has_parent = entry.parent != SegmentId{};
    if (entry.sequence < 1 || entry.sequence > bundle.sequence || !(entry.share >= 0) ||
        !(entry.share <= 1) || has_child != (entry.kind != Kind::kRetired) ||
        has_parent != (entry.kind != Kind::kBorn) ||
        std::max(entry.parent, entry.child).value() >= bundle.next_segment_id) {
      return Fail(Code::kCorruption, "the model's lineage does not fit its segments");
    }
  }
  return Ok();
}

}  // namespace

std::string_view LineageKindName(Lineage::Kind kind) {
  switch (kind) {
    case Lineage::Kind::kBorn:
      return "born";
    case Lineage::Kind::kSplit:
      return "split";
    case Lineage::Kind::kMerged:
      return "merged";
    case Lineage::Kind::kRetired:
      return "retired";
  }
  return "unknown";
}

Status CheckBundle(const Bundle& bundle) {
  if (bundle.sequence < 1) return Fail(Code::kCorruption, "the model has no sequence number");
  if (!(bundle.margin >= 0 && bundle.margin < 1) ||
      !(bundle.clear_jump >= 0 && bundle.clear_jump <= 1) || bundle.dwell < 1 ||
      bundle.dwell > kDwellMax) {
    return Fail(Code::kCorruption, "the model's margin, clear jump or dwell is out of range");
  }
  if (!std::isfinite(bundle.inertia) || !std::isfinite(bundle.simplified_silhouette)) {
    return Fail(Code::kCorruption, "the model's quality figures are not numbers");
  }
  if (bundle.currency.size() > kCurrencyBytesMax || !IsUtf8(bundle.currency)) {
    return Fail(Code::kCorruption, "the model's currency is no short text");
  }
  SEGMENTD_RETURN_IF_ERROR(risk::CheckParameters(bundle.risk));
  SEGMENTD_RETURN_IF_ERROR(CheckFeatures(bundle));
  SEGMENTD_RETURN_IF_ERROR(CheckScaler(bundle));
  SEGMENTD_RETURN_IF_ERROR(CheckEmbedding(bundle));
  SEGMENTD_RETURN_IF_ERROR(CheckDecoder(bundle));
  SEGMENTD_RETURN_IF_ERROR(CheckSelfTest(bundle));
  SEGMENTD_RETURN_IF_ERROR(CheckReference(bundle));
  SEGMENTD_RETURN_IF_ERROR(CheckSegments(bundle));
  return CheckLineage(bundle);
}

std::string SegmentText(SegmentId id) { return fmt::format("seg-{}", id.value()); }

std::string_view Segment::NameAt(std::uint32_t sequence) const {
  const auto later =
      std::upper_bound(names.begin(), names.end(), sequence,
                       [](std::uint32_t at, const auto& name) { return at < name.first; });
  // Of before the segment existed, its first name is the best there is.
  return later == names.begin() ? names.front().second : std::prev(later)->second;
}

Matrix Bundle::Centroids() const {
  Matrix centroids(embedding.outputs(), static_cast<Eigen::Index>(segments.size()));
  for (std::size_t i = 0; i < segments.size(); ++i) {
    centroids.col(static_cast<Eigen::Index>(i)) = segments[i].centroid;
  }
  return centroids;
}

}  // namespace segmentd::model
