#pragma once

#include <string>
#include <string_view>

#include "segmentd/base/result.h"

namespace segmentd::app {

// Replaces a file as a whole: readers and crashes see the old bytes or the new, never a part.
// kStorage.
Status WriteFileAtomically(const std::string& path, std::string_view bytes);

}  // namespace segmentd::app
