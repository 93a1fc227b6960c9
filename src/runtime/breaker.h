#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "segmentd/pipeline/counts.h"
#include "segmentd/runtime/shard.h"

namespace segmentd::runtime {

// Stops a partition whose input is mostly not what it should be: a flood of dead letters serves
// nobody. Counts records, not time, so that it opens at the same record whenever the input is read.
class Breaker {
 public:
  explicit Breaker(const BreakerOptions& options) : options_(options) {}

  // After each batch. Once it has opened: why, for a person.
  std::optional<std::string> Note(const pipeline::Counts& batch);
  void Reset() { window_ = {}; }

 private:
  const BreakerOptions options_;
  pipeline::Counts window_;
};

}  // namespace segmentd::runtime
