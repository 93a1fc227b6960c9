#include "segmentd/base/assert.h"
#include "segmentd/ports/probe.h"

namespace segmentd::ports {

std::string_view TaskStateName(TaskState state) {
  static constexpr std::array<std::string_view, kTaskStates> kNames = {
      "opening", "fencing", "restoring", "running", "revoking", "parked", "failed"};
  const auto index = static_cast<std::size_t>(state);
  SEGMENTD_ASSERT(index < kNames.size(), "a task state has a name");
  return kNames[index];
}

}  // namespace segmentd::ports
