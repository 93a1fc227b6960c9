#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/model/embedding.h"
#include "segmentd/model/matrix.h"
#include "segmentd/model/scaler.h"
#include "segmentd/risk/next_category.h"
#include "segmentd/risk/parameters.h"

namespace segmentd::model {

// A learned cluster: its permanent id, its name over the models, its grade and its typical values.
struct Segment {
  SegmentId id;
  // (model sequence from which the name holds, name), ascending: a change record can then name its
  // previous segment as it was called at that time.
  std::vector<std::pair<std::uint32_t, std::string>> names;
  int activity = 0;             // 0 lost .. 4 active
  Vector centroid;              // in the embedding, l
  Vector mean;                  // in the scaled feature space, d
  std::vector<double> typical;  // raw feature medians, d; NaN = mostly missing
  double radius = 0;            // RMS distance of the members to the centroid
  double share = 0;             // of the customers trained on
  double far = 0;               // distance that one in two hundred members is beyond; 0: not known
  bool pinned = false;          // a person named it: learning leaves the name alone
  std::string rival;  // the name that would suit it better since the last model; may be ""
  std::vector<risk::CategoryProfile> categories;  // of the frozen names; none in older models

  std::string_view name() const { return names.back().second; }
  std::string_view NameAt(std::uint32_t sequence) const;
};

std::string SegmentText(SegmentId id);  // "seg-7"

// Where a segment came from, or went, with one model.
struct Lineage {
  // DO NOT CHANGE the values: bundles hold them.
  enum class Kind : std::uint8_t {
    kBorn = 0,     // child, of no one segment's customers
    kSplit = 1,    // child, mostly of the parent's customers, which lives on
    kMerged = 2,   // parent is no more, and most of its customers are in the child
    kRetired = 3,  // parent is no more, and its customers are in several
  };
  std::uint32_t sequence = 1;  // of the model that did it
  Kind kind = Kind::kBorn;
  SegmentId parent;  // 0: none
  SegmentId child;   // 0: none
  double share = 0;  // of the child's customers that were the parent's, or the reverse
};

std::string_view LineageKindName(Lineage::Kind kind);  // "split"

inline constexpr std::size_t kCurrencyBytesMax = 8;
// How values were spread in the rows that a model was made from: edges ascend, shares[i] is of the
// values in (edges[i - 1], edges[i]], the last but one of those above all edges, the last of
// missing ones; shares.size() == edges.size() + 2.
struct Histogram {
  std::vector<double> edges;
  std::vector<double> shares;
};

// What later rows are compared with.
struct Reference {
  std::vector<Histogram> features;  // one per feature; none in older models
  Histogram errors;                 // of reconstruction
  double rows = 0;
  double error_most = 0;  // one in a hundred is beyond
  double error_far = 0;   // one in two hundred is beyond
};

// Some snapshots and what became of them where the model was made.
struct SelfTest {
  RawMatrix raw;  // d x n
  Matrix codes;   // l x n; empty: there is none (older models)
};

// The immutable whole that turns a snapshot into a segment. Knows matrices and names, not
// customers.
struct Bundle {
  std::uint32_t sequence = 1;         // counts the models of an app, from 1
  std::vector<std::string> features;  // row i of everything below is features[i]
  std::vector<std::string> profile_numbers;
  std::vector<std::string> profile_names;
  Scaler scaler;
  Embedding embedding;
  Decoder decoder;
  std::vector<Segment> segments;      // ascending by id
  std::uint32_t next_segment_id = 1;  // ids are never reused
  std::vector<Lineage> lineage;       // of all models so far, oldest first
  std::string parent;                 // version of the champion that it was trained from; may be ""

  float margin = 0.10F;  // hysteresis
  float clear_jump = 0.50F;
  int dwell = 3;

  risk::Parameters risk;  // kNone in models from before there were any
  std::string currency;   // of all the money in it; empty: not known, or several

  SelfTest self_test;
  Reference reference;

  // Told, not used: seed, rows, as_of and quality of the fit, for people and gates.
  std::uint64_t seed = 0;
  std::uint64_t trained_rows = 0;
  std::int64_t trained_as_of_ms = 0;
  double inertia = 0;
  double simplified_silhouette = 0;
  std::vector<std::pair<int, double>> inertia_by_k;
  std::vector<std::pair<int, double>> silhouette_by_k;

  Matrix Centroids() const;  // l x k
};

// What the bundle makes of the columns.
SelfTest MakeSelfTest(const Bundle& bundle, const RawMatrix& raw);

// Magic, format version, length, body (segmentd.v1.ModelBundle), checksum. Same bundle, same bytes.
std::string EncodeBundle(const Bundle& bundle);
// The version by which events and metrics name a bundle: ContentHash of its bytes, shortened to 16.
std::string BundleVersion(std::string_view encoded);
// kCorruption: truncated, flipped or inconsistent, or its self-test has another outcome here;
// kNewer: a later format. Never partly filled.
Result<Bundle> DecodeBundle(std::string_view encoded);

}  // namespace segmentd::model
