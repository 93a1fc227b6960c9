#pragma once

#include <string_view>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// The next model: the same but for a segment's name, which a person chose and which learning then
// leaves alone. kNotFound: no such segment; kConfig: a name that is empty, too long, not UTF-8, or
// another segment's.
Result<model::Bundle> Rename(const model::Bundle& bundle, SegmentId id, std::string_view name);

// The next model, in which learning may name the segment again. kNotFound.
Result<model::Bundle> Unpin(const model::Bundle& bundle, SegmentId id);

}  // namespace segmentd::learn
