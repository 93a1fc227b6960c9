#pragma once

#include <string>
#include <utility>
#include <vector>

#include "history.h"
#include "segmentd/feature/feature_set.h"

namespace segmentd::train {

// The names that have a weight and are text, the largest first and equals by name.
std::vector<std::string> ByWeight(std::vector<std::pair<double, std::string>> weighted);

// The names of a history that a plan can freeze: categories by gross spend, channels by orders,
// profile values by customers, the largest first and equals by name.
feature::Vocabulary CollectVocabulary(const EventTable& table, const feature::Plan& plan);

}  // namespace segmentd::train
