#include "segmentd/pipeline/step.h"

#include <array>

namespace segmentd::pipeline {

std::string_view StepName(Step step) {
  constexpr std::array<std::string_view, kSteps> kNames = {"decode", "fetch",  "features",
                                                           "encode", "assign", "explain"};
  return kNames[static_cast<std::size_t>(step)];
}

}  // namespace segmentd::pipeline
