#pragma once

#include <string_view>
#include <vector>

#include "segmentd/model/distribution.h"

namespace segmentd::train {

// What becomes of a challenger, as its decision says it.
inline constexpr std::string_view kRejected = "rejected";
inline constexpr std::string_view kTrial = "trial";
inline constexpr std::string_view kWaiting = "waiting";
inline constexpr std::string_view kPromoted = "promoted";
inline constexpr std::string_view kSuperseded = "superseded";

std::vector<model::Decision> NewestFirst(const model::ModelTopic& topic);

}  // namespace segmentd::train
