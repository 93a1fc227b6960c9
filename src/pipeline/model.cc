#include "segmentd/pipeline/model.h"

#include <algorithm>

namespace segmentd::pipeline {

Result<std::shared_ptr<const Model>> Model::Load(std::string_view encoded) {
  SEGMENTD_ASSIGN_OR_RETURN(model::Bundle bundle, model::DecodeBundle(encoded));
  SEGMENTD_ASSIGN_OR_RETURN(
      feature::FeatureSet features,
      feature::FeatureSet::Compile(bundle.features, bundle.profile_numbers, bundle.profile_names));
  segment::Phrasebook phrases(features.names());
  auto loaded = std::make_shared<Model>(Model{.bundle = {},
                                              .version = model::BundleVersion(encoded),
                                              .features = std::move(features),
                                              .centroids = bundle.Centroids(),
                                              .ids = {},
                                              .phrases = std::move(phrases)});
  for (const model::Segment& segment : bundle.segments) loaded->ids.push_back(segment.id);
  loaded->bundle = std::move(bundle);
  return std::shared_ptr<const Model>(std::move(loaded));
}

const model::Segment* Model::Find(SegmentId id) const {
  const auto at = std::lower_bound(ids.begin(), ids.end(), id);
  if (at == ids.end() || *at != id) return nullptr;
  return &bundle.segments[static_cast<std::size_t>(at - ids.begin())];
}

}  // namespace segmentd::pipeline
