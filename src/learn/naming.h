#pragma once

#include <cstddef>
#include <vector>

#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// Places in bundle.segments, the most active and valuable first.
std::vector<std::size_t> OrderOfStanding(const model::Bundle& bundle);

// Names and grades the segments by what they are now. One that the champion has keeps its name,
// unless another suits by a fifth better for the second model in a row; a pinned name stays.
// REQUIRES: ids are given.
void NameSegments(const model::Bundle* champion, model::Bundle& bundle);

}  // namespace segmentd::learn
