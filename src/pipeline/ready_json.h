#pragma once

#include <span>
#include <string>
#include <vector>

#include "segmentd/pipeline/model.h"

namespace segmentd::pipeline {

// What is the same in every JSON text under one model, written once.
class ReadyJson {
 public:
  // model: nullptr for none.
  ReadyJson(const feature::FeatureSet& features, const Model* model);

  // Of each feature, as JsonKey has it.
  std::span<const std::string> keys() const { return keys_; }
  // A segment's typical values of the features. REQUIRES: it is one of the model's.
  std::span<const std::string> TypicalOf(const Model& model, const model::Segment& segment) const;

 private:
  std::vector<std::string> keys_;
  std::vector<std::vector<std::string>> typical_;  // by segment, then by feature
};

}  // namespace segmentd::pipeline
