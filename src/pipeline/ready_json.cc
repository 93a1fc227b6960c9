#include "ready_json.h"

#include "segmentd/base/json_writer.h"

namespace segmentd::pipeline {

ReadyJson::ReadyJson(const feature::FeatureSet& features, const Model* model) {
  for (const std::string& name : features.names()) keys_.push_back(JsonKey(name));
  if (model == nullptr) return;
  for (const model::Segment& segment : model->bundle.segments) {
    std::vector<std::string>& texts = typical_.emplace_back();
    for (const double value : segment.typical) JsonWriter(texts.emplace_back()).Double(value);
  }
}

std::span<const std::string> ReadyJson::TypicalOf(const Model& model,
                                                  const model::Segment& segment) const {
  return typical_[static_cast<std::size_t>(&segment - model.bundle.segments.data())];
}

}  // namespace segmentd::pipeline
