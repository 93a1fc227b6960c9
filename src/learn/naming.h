#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// What archetypes are told apart by. Recency is silence with the sign turned.
enum class Axis { kIdle, kFrequency, kMonetary, kTenure, kDiscount, kOrderValue };

// The feature that stands for an axis; none where the model has none of those that could.
std::optional<std::size_t> FeatureOf(Axis axis, const std::vector<std::string>& features);

// Places in bundle.segments, the most active and valuable first.
std::vector<std::size_t> OrderOfStanding(const model::Bundle& bundle);

// Names and grades the segments by what they are now. One that the champion has keeps its name,
// unless another suits by a fifth better for the second model in a row; a pinned name stays.
// REQUIRES: ids are given.
void NameSegments(const model::Bundle* champion, model::Bundle& bundle);

}  // namespace segmentd::learn
