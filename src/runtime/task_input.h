#pragma once

#include <cstdint>
#include <optional>

#include "segmentd/base/ids.h"

namespace segmentd::runtime {

// Tells a record from one at the same offset of a topic made anew.
struct InputMark {
  Offset offset;
  std::uint64_t hash = 0;  // 0: none
};

// How far a task has come in one of its inputs.
struct TaskInput {
  bool assigned = false;
  Offset next;                      // first offset not in the state
  std::optional<Offset> committed;  // what the group has
};

}  // namespace segmentd::runtime
