#pragma once

#include <string_view>

#include "reject.h"
#include "segmentd/event/decoder.h"

namespace segmentd::event {

// What is left of a record's value without its frame, or why the frame is refused.
// REQUIRES: the record has a value.
tl::expected<std::string_view, Rejection> Unframe(const Format& format, const RawRecord& record);

}  // namespace segmentd::event
