#pragma once

#include <memory>
#include <string>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/feature/feature_set.h"
#include "segmentd/model/bundle.h"
#include "segmentd/segment/explanation.h"

namespace segmentd::pipeline {

// A bundle made ready to score: compiled features, centroids side by side. Immutable, shared by
// all.
struct Model {
  model::Bundle bundle;
  std::string version;  // BundleVersion of its bytes
  feature::FeatureSet features;
  model::Matrix centroids;      // l x k
  std::vector<SegmentId> ids;   // ascending, one per column
  segment::Phrasebook phrases;  // of the features

  static Result<std::shared_ptr<const Model>> Load(std::string_view encoded);
  const model::Segment* Find(SegmentId id) const;
};

}  // namespace segmentd::pipeline
