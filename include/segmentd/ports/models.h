#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "segmentd/pipeline/model.h"

namespace segmentd::ports {

// The models at hand. Thread-safe.
class Models {
 public:
  virtual ~Models() = default;
  // The one that is to score; nullptr: none yet, state only.
  virtual std::shared_ptr<const pipeline::Model> Active() = 0;
  // One that has scored; nullptr: it is not at hand (any more).
  virtual std::shared_ptr<const pipeline::Model> Find(std::string_view version) = 0;
  // All of them, for what has to hold under each.
  virtual std::vector<std::shared_ptr<const pipeline::Model>> All() = 0;
};

}  // namespace segmentd::ports
