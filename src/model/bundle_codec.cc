#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <limits>

#include "model/bundle_check.h"
#include "segmentd/base/assert.h"
#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"
#include "segmentd/model/bundle.h"
#include "segmentd/v1/model.pb.h"

namespace segmentd::model {
namespace {

// DO NOT CHANGE: every format starts with these eight bytes and its version.
constexpr std::string_view kMagic = "SEGMODEL";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kHeaderBytes = kMagic.size() + sizeof(std::uint32_t) + sizeof(std::uint64_t);
constexpr std::size_t kChecksumBytes = sizeof(std::uint32_t);

template <typename Values>
void ToProto(const Values& values, v1::Matrix* out) {
  out->set_rows(static_cast<std::uint32_t>(values.rows()));
  out->set_columns(static_cast<std::uint32_t>(values.cols()));
  out->mutable_values()->Add(values.data(), values.data() + values.size());
}

void ToProto(const Dense& layer, v1::Dense* out) {
  ToProto(layer.weights, out->mutable_weights());
  ToProto(layer.bias, out->mutable_bias());
  out->set_activation(static_cast<std::uint32_t>(layer.activation));
}

// An Embedding's or a Decoder's.
template <typename Path, typename Message>
void PathToProto(const Path& path, Message* out) {
  ToProto(path.origin, out->mutable_origin());
  ToProto(path.skip, out->mutable_skip());
  for (const Dense& layer : path.layers) ToProto(layer, out->add_layers());
}

void ToProto(const SelfTest& test, v1::SelfTest* out) {
  out->mutable_raw()->Add(test.raw.data(), test.raw.data() + test.raw.size());
  ToProto(test.codes, out->mutable_codes());
}

void ToProto(const ScalerRow& row, v1::ScalerRow* out) {
  out->set_transform(static_cast<std::uint32_t>(row.transform));
  out->set_unit(row.unit);
  out->set_centre(row.centre);
  out->set_spread(row.spread);
  out->set_weight(row.weight);
  out->set_constant(row.constant);
}

void ToProto(const Segment& segment, v1::Segment* out) {
  out->set_id(segment.id.value());
  for (const auto& [sequence, name] : segment.names) {
    v1::Segment::Name* entry = out->add_names();
    entry->set_from_sequence(sequence);
    entry->set_name(name);
  }
  out->set_activity(segment.activity);
  ToProto(segment.centroid, out->mutable_centroid());
  ToProto(segment.mean, out->mutable_mean());
  out->mutable_typical()->Add(segment.typical.begin(), segment.typical.end());
  out->set_radius(segment.radius);
  out->set_share(segment.share);
  out->set_far(segment.far);
  out->set_pinned(segment.pinned);
  out->set_rival(segment.rival);
  for (const risk::CategoryProfile& category : segment.categories) {
    v1::CategoryProfile* profile = out->add_categories();
    profile->set_name(category.name);
    profile->set_feature(static_cast<std::uint32_t>(category.feature));
    profile->set_share(category.share);
    profile->set_customers(category.customers);
    profile->set_of(category.of);
  }
}

template <typename Values>
void ToProto(const std::vector<std::pair<int, double>>& by_k, Values* out) {
  for (const auto& [k, value] : by_k) {
    v1::KValue* entry = out->Add();
    entry->set_k(k);
    entry->set_value(value);
  }
}

void ToProto(const risk::Parameters& risk, v1::Risk* out) {
  out->set_kind(static_cast<std::uint32_t>(risk.kind));
  out->set_r(risk.r);
  out->set_alpha(risk.alpha);
  out->set_a(risk.a);
  out->set_b(risk.b);
  out->set_spend_mean(risk.spend_mean);
  out->set_spend_weight(risk.spend_weight);
  out->set_tier_mid(risk.tier_mid);
  out->set_tier_high(risk.tier_high);
}

void ToProto(const Lineage& entry, v1::Lineage* out) {
  out->set_sequence(entry.sequence);
  out->set_kind(static_cast<std::uint32_t>(entry.kind));
  out->set_parent(entry.parent.value());
  out->set_child(entry.child.value());
  out->set_share(entry.share);
}

void ToProto(const Histogram& histogram, v1::Histogram* out) {
  out->mutable_edges()->Assign(histogram.edges.begin(), histogram.edges.end());
  out->mutable_shares()->Assign(histogram.shares.begin(), histogram.shares.end());
}

void ToProto(const Reference& reference, v1::Reference* out) {
  for (const Histogram& histogram : reference.features) ToProto(histogram, out->add_features());
  ToProto(reference.errors, out->mutable_errors());
  out->set_rows(reference.rows);
  out->set_error_most(reference.error_most);
  out->set_error_far(reference.error_far);
}

v1::ModelBundle ToProto(const Bundle& bundle) {
  v1::ModelBundle out;
  out.set_sequence(bundle.sequence);
  out.mutable_features()->Assign(bundle.features.begin(), bundle.features.end());
  out.mutable_profile_numbers()->Assign(bundle.profile_numbers.begin(),
                                        bundle.profile_numbers.end());
  out.mutable_profile_names()->Assign(bundle.profile_names.begin(), bundle.profile_names.end());
  for (const ScalerRow& row : bundle.scaler.rows) ToProto(row, out.add_scaler());
  out.mutable_embedding()->set_kind(static_cast<std::uint32_t>(bundle.embedding.kind));
  PathToProto(bundle.embedding, out.mutable_embedding());
  if (!bundle.decoder.empty()) PathToProto(bundle.decoder, out.mutable_decoder());
  for (const Segment& segment : bundle.segments) ToProto(segment, out.add_segments());
  out.set_next_segment_id(bundle.next_segment_id);
  out.set_margin(bundle.margin);
  out.set_clear_jump(bundle.clear_jump);
  out.set_dwell(bundle.dwell);
  out.set_seed(bundle.seed);
  out.set_trained_rows(bundle.trained_rows);
  out.set_trained_as_of_ms(bundle.trained_as_of_ms);
  out.set_inertia(bundle.inertia);
  out.set_simplified_silhouette(bundle.simplified_silhouette);
  ToProto(bundle.inertia_by_k, out.mutable_inertia_by_k());
  ToProto(bundle.silhouette_by_k, out.mutable_silhouette_by_k());
  if (bundle.risk.kind != risk::Kind::kNone) ToProto(bundle.risk, out.mutable_risk());
  for (const Lineage& entry : bundle.lineage) ToProto(entry, out.add_lineage());
  out.set_parent(bundle.parent);
  out.set_currency(bundle.currency);
  if (bundle.self_test.codes.size() > 0) ToProto(bundle.self_test, out.mutable_self_test());
  if (!bundle.reference.features.empty()) ToProto(bundle.reference, out.mutable_reference());
  return out;
}

Result<Matrix> FromProto(const v1::Matrix& in) {
  // The product of two 32-bit numbers fits; the values that are there bound both of them.
  const std::uint64_t size = std::uint64_t{in.rows()} * in.columns();
  if (size == 0 || size != static_cast<std::uint64_t>(in.values_size())) {
    return Fail(Code::kCorruption, "a {} x {} matrix of the model has {} values", in.rows(),
                in.columns(), in.values_size());
  }
  return Matrix(Eigen::Map<const Matrix>(in.values().data(), in.rows(), in.columns()));
}

Result<Vector> VectorFromProto(const v1::Matrix& in) {
  SEGMENTD_ASSIGN_OR_RETURN(const Matrix values, FromProto(in));
  if (values.cols() != 1) return Fail(Code::kCorruption, "a vector of the model is a matrix");
  return Vector(values.col(0));
}

// The value of an enumeration whose values run from 0 to `last`.
template <typename Enum>
Result<Enum> EnumFromProto(std::uint32_t value, Enum last) {
  if (value > static_cast<std::uint32_t>(last)) {
    return Fail(Code::kCorruption, "the model holds the unknown choice {}", value);
  }
  return static_cast<Enum>(value);
}

Result<Dense> FromProto(const v1::Dense& in) {
  Dense out;
  SEGMENTD_ASSIGN_OR_RETURN(out.weights, FromProto(in.weights()));
  SEGMENTD_ASSIGN_OR_RETURN(out.bias, VectorFromProto(in.bias()));
  SEGMENTD_ASSIGN_OR_RETURN(out.activation, EnumFromProto(in.activation(), Activation::kSilu));
  return out;
}

template <typename Path, typename Message>
Status PathFromProto(const Message& in, Path& out) {
  SEGMENTD_ASSIGN_OR_RETURN(out.origin, VectorFromProto(in.origin()));
  SEGMENTD_ASSIGN_OR_RETURN(out.skip, FromProto(in.skip()));
  for (const v1::Dense& layer : in.layers()) {
    SEGMENTD_ASSIGN_OR_RETURN(out.layers.emplace_back(), FromProto(layer));
  }
  return Ok();
}

Result<SelfTest> FromProto(const v1::SelfTest& in, std::size_t features) {
  SelfTest out;
  SEGMENTD_ASSIGN_OR_RETURN(out.codes, FromProto(in.codes()));
  const auto columns = static_cast<std::size_t>(out.codes.cols());
  if (static_cast<std::size_t>(in.raw_size()) != columns * features) {
    return Fail(Code::kCorruption, "the model's self-test does not fit its features");
  }
  out.raw = Eigen::Map<const RawMatrix>(in.raw().data(), static_cast<Eigen::Index>(features),
                                        out.codes.cols());
  return out;
}

Result<ScalerRow> FromProto(const v1::ScalerRow& in) {
  ScalerRow out;
  SEGMENTD_ASSIGN_OR_RETURN(out.transform, EnumFromProto(in.transform(), Transform::kSqrt));
  out.unit = in.unit();
  out.centre = in.centre();
  out.spread = in.spread();
  out.weight = in.weight();
  out.constant = in.constant();
  return out;
}

Result<Segment> FromProto(const v1::Segment& in) {
  Segment out;
  out.id = SegmentId{in.id()};
  for (const v1::Segment::Name& name : in.names()) {
    out.names.emplace_back(name.from_sequence(), name.name());
  }
  out.activity = in.activity();
  SEGMENTD_ASSIGN_OR_RETURN(out.centroid, VectorFromProto(in.centroid()));
  SEGMENTD_ASSIGN_OR_RETURN(out.mean, VectorFromProto(in.mean()));
  out.typical.assign(in.typical().begin(), in.typical().end());
  out.radius = in.radius();
  out.share = in.share();
  out.far = in.far();
  out.pinned = in.pinned();
  out.rival = in.rival();
  for (const v1::CategoryProfile& profile : in.categories()) {
    // One that does not fit an int is no feature either; the check finds it.
    out.categories.push_back({profile.name(), static_cast<int>(profile.feature()), profile.share(),
                              profile.customers(), profile.of()});
  }
  return out;
}

Result<risk::Parameters> FromProto(const v1::Risk& in) {
  risk::Parameters out;
  SEGMENTD_ASSIGN_OR_RETURN(out.kind, EnumFromProto(in.kind(), risk::Kind::kBgNbd));
  out.r = in.r();
  out.alpha = in.alpha();
  out.a = in.a();
  out.b = in.b();
  out.spend_mean = in.spend_mean();
  out.spend_weight = in.spend_weight();
  out.tier_mid = in.tier_mid();
  out.tier_high = in.tier_high();
  return out;
}

Result<Lineage> FromProto(const v1::Lineage& in) {
  Lineage out;
  out.sequence = in.sequence();
  SEGMENTD_ASSIGN_OR_RETURN(out.kind, EnumFromProto(in.kind(), Lineage::Kind::kRetired));
  out.parent = SegmentId{in.parent()};
  out.child = SegmentId{in.child()};
  out.share = in.share();
  return out;
}

template <typename Values>
std::vector<std::pair<int, double>> ByKFromProto(const Values& in) {
  std::vector<std::pair<int, double>> out;
  for (const v1::KValue& entry : in) out.emplace_back(entry.k(), entry.value());
  return out;
}

Histogram FromProto(const v1::Histogram& in) {
  return {{in.edges().begin(), in.edges().end()}, {in.shares().begin(), in.shares().end()}};
}

Reference FromProto(const v1::Reference& in) {
  Reference out;
  for (const v1::Histogram& histogram : in.features()) out.features.push_back(FromProto(histogram));
  out.errors = FromProto(in.errors());
  out.rows = in.rows();
  out.error_most = in.error_most();
  out.error_far = in.error_far();
  return out;
}

Result<Bundle> FromProto(const v1::ModelBundle& in) {
  Bundle out;
  out.sequence = in.sequence();
  out.features.assign(in.features().begin(), in.features().end());
  out.profile_numbers.assign(in.profile_numbers().begin(), in.profile_numbers().end());
  out.profile_names.assign(in.profile_names().begin(), in.profile_names().end());
  for (const v1::ScalerRow& row : in.scaler()) {
    SEGMENTD_ASSIGN_OR_RETURN(out.scaler.rows.emplace_back(), FromProto(row));
  }
  SEGMENTD_ASSIGN_OR_RETURN(out.embedding.kind,
                            EnumFromProto(in.embedding().kind(), EmbeddingKind::kRules));
  SEGMENTD_RETURN_IF_ERROR(PathFromProto(in.embedding(), out.embedding));
  if (in.has_decoder()) SEGMENTD_RETURN_IF_ERROR(PathFromProto(in.decoder(), out.decoder));
  for (const v1::Segment& segment : in.segments()) {
    SEGMENTD_ASSIGN_OR_RETURN(out.segments.emplace_back(), FromProto(segment));
  }
  out.next_segment_id = in.next_segment_id();
  out.margin = in.margin();
  out.clear_jump = in.clear_jump();
  out.dwell = in.dwell();
  out.seed = in.seed();
  out.trained_rows = in.trained_rows();
  out.trained_as_of_ms = in.trained_as_of_ms();
  out.inertia = in.inertia();
  out.simplified_silhouette = in.simplified_silhouette();
  out.inertia_by_k = ByKFromProto(in.inertia_by_k());
  out.silhouette_by_k = ByKFromProto(in.silhouette_by_k());
  if (in.has_risk()) {
    SEGMENTD_ASSIGN_OR_RETURN(out.risk, FromProto(in.risk()));
  }
  for (const v1::Lineage& entry : in.lineage()) {
    SEGMENTD_ASSIGN_OR_RETURN(out.lineage.emplace_back(), FromProto(entry));
  }
  out.parent = in.parent();
  out.currency = in.currency();
  if (in.has_self_test()) {
    SEGMENTD_ASSIGN_OR_RETURN(out.self_test, FromProto(in.self_test(), out.features.size()));
  }
  if (in.has_reference()) out.reference = FromProto(in.reference());
  return out;
}

// The body of a whole, undamaged bundle of our format.
Result<std::string_view> Unframe(std::string_view encoded) {
  ByteReader in(encoded);
  if (in.Bytes(kMagic.size()) != kMagic) {
    return Fail(Code::kCorruption,
                "this is not a segmentd model: point to a file that `segmentd train` wrote");
  }
  const std::uint32_t format = in.U32();
  if (in.ok() && format > kFormat) {
    return Fail(Code::kNewer,
                "the model has format {}, this segmentd reads up to {}: upgrade segmentd, or train "
                "the model again with this version",
                format, kFormat);
  }
  const std::uint64_t size = in.U64();
  if (!in.ok() || format != kFormat || in.remaining() < kChecksumBytes ||
      size != in.remaining() - kChecksumBytes) {
    return Fail(Code::kCorruption, "the model is cut off or has bytes too many: copy it again");
  }
  const std::string_view body = in.Bytes(static_cast<std::size_t>(size));
  if (in.U32() != Checksum32(encoded.substr(0, kHeaderBytes + body.size()))) {
    return Fail(Code::kCorruption, "the model is damaged (its checksum differs): copy it again");
  }
  return body;
}

}  // namespace

std::string EncodeBundle(const Bundle& bundle) {
  std::string body;
  {
    google::protobuf::io::StringOutputStream stream(&body);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    SEGMENTD_ASSERT(ToProto(bundle).SerializeToCodedStream(&coded), "a string takes every message");
  }
  std::string encoded;
  ByteWriter out(encoded);
  out.Bytes(kMagic);
  out.U32(kFormat);
  out.U64(body.size());
  out.Bytes(body);
  out.U32(Checksum32(encoded));
  return encoded;
}

std::string BundleVersion(std::string_view encoded) { return ContentHash(encoded).substr(0, 16); }

Result<Bundle> DecodeBundle(std::string_view encoded) {
  SEGMENTD_ASSIGN_OR_RETURN(const std::string_view body, Unframe(encoded));
  v1::ModelBundle message;
  if (body.size() > std::numeric_limits<int>::max() ||
      !message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Fail(Code::kCorruption, "the model's body cannot be read: train it again");
  }
  SEGMENTD_ASSIGN_OR_RETURN(Bundle bundle, FromProto(message));
  SEGMENTD_RETURN_IF_ERROR(CheckBundle(bundle));
  SEGMENTD_RETURN_IF_ERROR(RunSelfTest(bundle));
  return bundle;
}

}  // namespace segmentd::model
