#include "segmentd/model/bundle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "positions.h"
#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"

namespace segmentd::model {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Segment MakeSegment(std::uint32_t id, const std::string& name) {
  Segment segment;
  segment.id = SegmentId{id};
  segment.names = {{1, name}, {3, name + " again"}};
  segment.activity = 4;
  segment.centroid = RandomMatrix(2, 1, id);
  segment.mean = RandomMatrix(3, 1, id + 100);
  segment.typical = {1.5, kMissing, -3};
  segment.radius = 0.7;
  segment.share = 0.25;
  segment.categories = {{"grocery", 1, 0.5, 30, 40}};
  return segment;
}

Bundle MakeBundle() {
  Bundle bundle;
  bundle.sequence = 3;
  bundle.features = {"orders_30d", "aov", "age"};
  bundle.profile_numbers = {"age"};
  bundle.profile_names = {"region"};
  bundle.scaler.rows = {{Transform::kLog1p, 2, 0.5F, 1.5F, 1, false},
                        {Transform::kAsinh, 3, -0.5F, 2.5F, 0.5F, false},
                        {Transform::kIdentity, 1, 0, 1, 1, true}};
  bundle.embedding.kind = EmbeddingKind::kDae;
  bundle.embedding.origin = RandomMatrix(3, 1, 1);
  bundle.embedding.skip = RandomMatrix(2, 3, 2);
  bundle.embedding.layers = {{RandomMatrix(4, 3, 3), RandomMatrix(4, 1, 4), Activation::kSilu},
                             {RandomMatrix(2, 4, 5), RandomMatrix(2, 1, 6), Activation::kLinear}};
  bundle.decoder = {RandomMatrix(3, 1, 7),
                    RandomMatrix(3, 2, 8),
                    {{RandomMatrix(3, 2, 9), RandomMatrix(3, 1, 10), Activation::kLinear}}};
  bundle.self_test = MakeSelfTest(bundle, RandomMatrix(3, 5, 11).cast<double>());
  bundle.segments = {MakeSegment(2, "Loyal"), MakeSegment(5, "At risk")};
  bundle.next_segment_id = 6;
  bundle.margin = 0.2F;
  bundle.dwell = 4;
  bundle.risk = {.kind = risk::Kind::kMbgNbd,
                 .r = 0.5,
                 .alpha = 6,
                 .a = 0.9,
                 .b = 1.6,
                 .spend_mean = 35,
                 .spend_weight = 0.8,
                 .tier_mid = 10,
                 .tier_high = 100};
  bundle.lineage = {{2, Lineage::Kind::kSplit, SegmentId{2}, SegmentId{5}, 0.75},
                    {3, Lineage::Kind::kRetired, SegmentId{1}, SegmentId{0}, 0.25}};
  bundle.parent = "0123456789abcdef";
  bundle.segments[0].far = 1.25;
  bundle.segments[1].pinned = true;
  bundle.segments[1].rival = "Lost";
  bundle.reference.features.assign(3, {{0, 2.5}, {0.25, 0.25, 0.25, 0.25}});
  bundle.reference.errors = {{}, {1, 0}};
  bundle.reference.rows = 100;
  bundle.reference.error_most = 0.5;
  bundle.reference.error_far = 0.75;
  bundle.currency = "EUR";
  bundle.seed = 99;
  bundle.trained_rows = 1000;
  bundle.trained_as_of_ms = -5;
  bundle.inertia = 12.5;
  bundle.simplified_silhouette = 0.4;
  bundle.inertia_by_k = {{4, 20.5}, {5, 12.5}};
  bundle.silhouette_by_k = {{4, 0.3}, {5, 0.4}};
  return bundle;
}

Code CodeOf(const Result<Bundle>& result) {
  return result.ok() ? Code::kFatal : result.error().code;
}

TEST(BundleTest, HasNoRiskParametersWhereNoneWereWritten) {
  Bundle bundle = MakeBundle();
  const std::size_t with = EncodeBundle(bundle).size();
  bundle.risk = {};
  const std::string encoded = EncodeBundle(bundle);
  EXPECT_LT(encoded.size(), with);
  const Result<Bundle> read = DecodeBundle(encoded);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->risk.kind, risk::Kind::kNone);
}

TEST(BundleTest, ReadsBackWhatWasWritten) {
  const Bundle bundle = MakeBundle();
  const std::string encoded = EncodeBundle(bundle);
  const Result<Bundle> read = DecodeBundle(encoded);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(EncodeBundle(*read), encoded);
  EXPECT_EQ(read->features, bundle.features);
  EXPECT_EQ(read->scaler.rows[1].transform, Transform::kAsinh);
  EXPECT_TRUE(read->scaler.rows[2].constant);
  EXPECT_EQ(read->embedding.layers[0].weights, bundle.embedding.layers[0].weights);
  EXPECT_EQ(read->embedding.layers[0].activation, Activation::kSilu);
  EXPECT_EQ(read->decoder.skip, bundle.decoder.skip);
  EXPECT_EQ(read->decoder.layers[0].bias, bundle.decoder.layers[0].bias);
  EXPECT_EQ(read->self_test.raw, bundle.self_test.raw);
  EXPECT_EQ(read->self_test.codes, bundle.self_test.codes);
  EXPECT_EQ(read->segments[1].names, bundle.segments[1].names);
  EXPECT_EQ(read->segments[0].mean, bundle.segments[0].mean);
  EXPECT_TRUE(std::isnan(read->segments[0].typical[1]));
  ASSERT_EQ(read->segments[1].categories.size(), 1U);
  EXPECT_EQ(read->segments[1].categories[0].name, "grocery");
  EXPECT_EQ(read->segments[1].categories[0].feature, 1);
  EXPECT_EQ(read->segments[1].categories[0].share, 0.5);
  EXPECT_EQ(read->segments[1].categories[0].customers, 30U);
  EXPECT_EQ(read->segments[1].categories[0].of, 40U);
  EXPECT_EQ(read->risk.kind, risk::Kind::kMbgNbd);
  EXPECT_EQ(read->risk.alpha, 6);
  EXPECT_EQ(read->risk.tier_high, 100);
  ASSERT_EQ(read->lineage.size(), 2U);
  EXPECT_EQ(read->lineage[0].kind, Lineage::Kind::kSplit);
  EXPECT_EQ(read->lineage[0].child, SegmentId{5});
  EXPECT_EQ(read->lineage[1].parent, SegmentId{1});
  EXPECT_EQ(read->lineage[1].share, 0.25);
  EXPECT_EQ(read->parent, bundle.parent);
  EXPECT_EQ(read->segments[0].far, 1.25);
  EXPECT_TRUE(read->segments[1].pinned);
  EXPECT_EQ(read->segments[1].rival, "Lost");
  ASSERT_EQ(read->reference.features.size(), 3U);
  EXPECT_EQ(read->reference.features[2].edges, bundle.reference.features[2].edges);
  EXPECT_EQ(read->reference.features[2].shares, bundle.reference.features[2].shares);
  EXPECT_EQ(read->reference.error_far, 0.75);
  EXPECT_EQ(read->currency, bundle.currency);
  EXPECT_EQ(read->trained_as_of_ms, -5);
  EXPECT_EQ(read->inertia_by_k, bundle.inertia_by_k);
  EXPECT_EQ(read->silhouette_by_k, bundle.silhouette_by_k);
  EXPECT_EQ(read->Centroids().col(1), bundle.segments[1].centroid);
}

TEST(BundleTest, RefusesEveryTruncation) {
  const std::string encoded = EncodeBundle(MakeBundle());
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    EXPECT_EQ(CodeOf(DecodeBundle(encoded.substr(0, size))), Code::kCorruption) << size;
  }
  EXPECT_EQ(CodeOf(DecodeBundle(encoded + '\0')), Code::kCorruption);
}

TEST(BundleTest, RefusesEveryFlippedByte) {
  const std::string encoded = EncodeBundle(MakeBundle());
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string damaged = encoded;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      EXPECT_FALSE(DecodeBundle(damaged).ok()) << at;
    }
  }
}

TEST(BundleTest, SaysWhatToDoAboutALaterFormat) {
  std::string encoded = EncodeBundle(MakeBundle());
  encoded[8] = 2;
  const Result<Bundle> read = DecodeBundle(encoded);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::kNewer);
  EXPECT_NE(read.error().message.find("upgrade segmentd"), std::string::npos);
}

TEST(BundleTest, SaysThatAFileIsNotAModel) {
  const Result<Bundle> read = DecodeBundle("customer_id,age\nc1,41\n");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::kCorruption);
  EXPECT_NE(read.error().message.find("not a segmentd model"), std::string::npos);
}

TEST(BundleTest, RefusesABodyThatIsNotAMessage) {
  std::string encoded = EncodeBundle(MakeBundle()).substr(0, 12);
  ByteWriter out(encoded);
  out.U64(3);
  out.Bytes("\xff\xff\xff");
  out.U32(Checksum32(encoded));
  EXPECT_EQ(CodeOf(DecodeBundle(encoded)), Code::kCorruption);
}

using Fault = std::pair<const char*, std::function<void(Bundle&)>>;

void ExpectRefused(const std::vector<Fault>& faults) {
  for (const auto& [what, spoil] : faults) {
    Bundle bundle = MakeBundle();
    spoil(bundle);
    const Result<Bundle> read = DecodeBundle(EncodeBundle(bundle));
    ASSERT_FALSE(read.ok()) << what;
    EXPECT_EQ(read.error().code, Code::kCorruption) << what;
    EXPECT_FALSE(read.error().message.empty()) << what;
  }
}

TEST(BundleTest, RefusesPartsThatDoNotFitEachOther) {
  ExpectRefused({
      {"no sequence", [](Bundle& b) { b.sequence = 0; }},
      {"no features", [](Bundle& b) { b.features.clear(); }},
      {"a feature without name", [](Bundle& b) { b.features[1] = ""; }},
      {"a feature twice", [](Bundle& b) { b.features[1] = b.features[0]; }},
      {"a scaler row too few", [](Bundle& b) { b.scaler.rows.pop_back(); }},
      {"no spread", [](Bundle& b) { b.scaler.rows[0].spread = 0; }},
      {"infinite centre", [](Bundle& b) { b.scaler.rows[0].centre = INFINITY; }},
      {"no unit", [](Bundle& b) { b.scaler.rows[0].unit = 0; }},
      {"weight not a number", [](Bundle& b) { b.scaler.rows[0].weight = NAN; }},
      {"unknown transform", [](Bundle& b) { b.scaler.rows[0].transform = Transform{9}; }},
      {"unknown kind", [](Bundle& b) { b.embedding.kind = EmbeddingKind{9}; }},
      {"false identity", [](Bundle& b) { b.embedding.kind = EmbeddingKind::kIdentity; }},
      {"short origin", [](Bundle& b) { b.embedding.origin = Vector::Zero(2); }},
      {"narrow skip", [](Bundle& b) { b.embedding.skip = Matrix::Zero(2, 2); }},
      {"empty skip", [](Bundle& b) { b.embedding.skip = Matrix::Zero(0, 3); }},
      {"weights not a number", [](Bundle& b) { b.embedding.layers[0].weights(0, 0) = NAN; }},
      {"short bias", [](Bundle& b) { b.embedding.layers[0].bias = Vector::Zero(3); }},
      {"layers that do not chain", [](Bundle& b) { b.embedding.layers.pop_back(); }},
      {"no segments", [](Bundle& b) { b.segments.clear(); }},
      {"ids that descend", [](Bundle& b) { std::swap(b.segments[0], b.segments[1]); }},
      {"an id twice", [](Bundle& b) { b.segments[0].id = b.segments[1].id; }},
      {"the id of no segment", [](Bundle& b) { b.segments[0].id = SegmentId{0}; }},
      {"an id given out again", [](Bundle& b) { b.next_segment_id = 5; }},
      {"no name", [](Bundle& b) { b.segments[0].names.clear(); }},
      {"an empty name", [](Bundle& b) { b.segments[0].names[1].second = ""; }},
      {"names out of order", [](Bundle& b) { b.segments[0].names[1].first = 1; }},
      {"activity 5", [](Bundle& b) { b.segments[0].activity = 5; }},
      {"a category of no feature", [](Bundle& b) { b.segments[0].categories[0].feature = 3; }},
      {"a category without name", [](Bundle& b) { b.segments[0].categories[0].name = ""; }},
      {"more buyers than customers", [](Bundle& b) { b.segments[0].categories[0].of = 29; }},
      {"a rate below 0", [](Bundle& b) { b.risk.r = -1; }},
      {"tiers out of order", [](Bundle& b) { b.risk.tier_mid = 101; }},
      {"a currency in words", [](Bundle& b) { b.currency = "pieces of eight"; }},
      {"an unknown kind of risk", [](Bundle& b) { b.risk.kind = risk::Kind{9}; }},
      {"a long centroid", [](Bundle& b) { b.segments[0].centroid = Vector::Zero(3); }},
      {"infinite centroid", [](Bundle& b) { b.segments[0].centroid(0) = INFINITY; }},
      {"a short mean", [](Bundle& b) { b.segments[0].mean = Vector::Zero(2); }},
      {"a short typical", [](Bundle& b) { b.segments[0].typical.pop_back(); }},
      {"infinite typical", [](Bundle& b) { b.segments[0].typical[0] = INFINITY; }},
      {"negative radius", [](Bundle& b) { b.segments[0].radius = -1; }},
      {"share above one", [](Bundle& b) { b.segments[0].share = 1.5; }},
      {"margin of one", [](Bundle& b) { b.margin = 1; }},
      {"margin not a number", [](Bundle& b) { b.margin = NAN; }},
      {"clear jump above one", [](Bundle& b) { b.clear_jump = 2; }},
      {"no dwell", [](Bundle& b) { b.dwell = 0; }},
      {"a dwell beyond its byte", [](Bundle& b) { b.dwell = 256; }},
      {"a lineage of the future", [](Bundle& b) { b.lineage[0].sequence = 4; }},
      {"a split from nobody", [](Bundle& b) { b.lineage[0].parent = SegmentId{}; }},
      {"a retired segment's child", [](Bundle& b) { b.lineage[1].child = SegmentId{2}; }},
      {"lineage of an id not given", [](Bundle& b) { b.lineage[0].child = SegmentId{6}; }},
      {"inertia not a number", [](Bundle& b) { b.inertia = NAN; }},
  });
}

TEST(BundleTest, RefusesAWayBackOrASelfTestOfAnotherModel) {
  ExpectRefused({
      {"a decoder of other features", [](Bundle& b) { b.decoder.origin = Vector::Zero(2); }},
      {"a decoder of another code", [](Bundle& b) { b.decoder.skip = Matrix::Zero(3, 3); }},
      {"a decoder that ends early",
       [](Bundle& b) { b.decoder.layers[0].weights = Matrix::Zero(2, 2); }},
      {"a self-test of another code", [](Bundle& b) { b.self_test.codes = Matrix::Zero(3, 5); }},
      {"a self-test with a column too few",
       [](Bundle& b) { b.self_test.raw = RawMatrix::Zero(3, 4); }},
      {"a histogram too few", [](Bundle& b) { b.reference.features.pop_back(); }},
      {"a histogram without missing", [](Bundle& b) { b.reference.errors.shares = {1}; }},
      {"edges out of order",
       [](Bundle& b) {
         b.reference.features[1].edges = {2.5, 0};
       }},
      {"a self-test of another model", [](Bundle& b) { b.embedding.skip(1, 1) += 0.1F; }},
  });
}

TEST(BundleTest, IsNamedByItsContent) {
  Bundle bundle = MakeBundle();
  const std::string version = BundleVersion(EncodeBundle(bundle));
  EXPECT_EQ(version.size(), 16U);
  EXPECT_EQ(version, BundleVersion(EncodeBundle(MakeBundle())));
  bundle.seed = 100;
  EXPECT_NE(version, BundleVersion(EncodeBundle(bundle)));
}

TEST(SegmentTest, IsCalledAsItWasAtTheTime) {
  Segment segment;
  segment.names = {{2, "New"}, {5, "Loyal"}};
  EXPECT_EQ(segment.NameAt(2), "New");
  EXPECT_EQ(segment.NameAt(4), "New");
  EXPECT_EQ(segment.NameAt(5), "Loyal");
  EXPECT_EQ(segment.NameAt(9), "Loyal");
  EXPECT_EQ(segment.NameAt(1), "New");
  EXPECT_EQ(segment.name(), "Loyal");
}

TEST(SegmentTest, IsWrittenByItsId) { EXPECT_EQ(SegmentText(SegmentId{7}), "seg-7"); }

}  // namespace
}  // namespace segmentd::model
