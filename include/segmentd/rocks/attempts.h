#pragma once

#include <memory>
#include <string>

#include "segmentd/ports/attempts.h"

namespace segmentd::rocks {

// Attempts as files of the state directory: `running`, there as long as a process has it, and
// `<partition>.attempt`. Destroying it says that the process ends in order. Call it while holding
// the directory (OpenStores).
Result<std::unique_ptr<ports::Attempts>> OpenAttempts(const std::string& dir);

}  // namespace segmentd::rocks
