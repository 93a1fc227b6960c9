#pragma once

#include <string_view>

#include "reject.h"
#include "segmentd/event/decoder.h"

namespace segmentd::event {

// `body` = what is left of a record's value without its frame, or why the frame is refused.
// REQUIRES: the record has a value.
Checked Unframe(const Format& format, const RawRecord& record, std::string_view& body);

}  // namespace segmentd::event
