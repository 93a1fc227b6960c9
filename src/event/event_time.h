#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

#include "reject.h"
#include "scalar.h"
#include "segmentd/event/decoder.h"

namespace segmentd::event {

// An event_time that is there: its instant, or why it is `bad_time`.
Checked ReadTime(const Scalar& scalar, TimeFormat format, std::int64_t& instant_ms);

}  // namespace segmentd::event
