#pragma once

#include <cstdint>
#include <memory>

#include "segmentd/ports/changelog.h"

namespace segmentd::ports {

// Long work that must not hold up a shard's loop, such as a partition's restore, in bounded steps.
class Work {
 public:
  virtual ~Work() = default;

  enum class Outcome : std::uint8_t {
    kMore,   // there is more to do, at once
    kLater,  // nothing can be done just now
    kDone,   // not called again unless started again
  };
  // Called by one thread at a time, not always the same.
  virtual Outcome Step(ChangelogReader& changelog) = 0;
};

// Whoever does work beside the shards. Thread-safe.
class Helpers {
 public:
  virtual ~Helpers() = default;
  // Steps the work until it is done or its owner lets go of it, whichever is first.
  virtual void Start(const std::shared_ptr<Work>& work) = 0;
};

}  // namespace segmentd::ports
