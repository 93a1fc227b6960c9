#pragma once

#include "history.h"
#include "segmentd/feature/feature_set.h"

namespace segmentd::train {

// The names of a history that a plan can freeze: categories by gross spend, channels by orders,
// profile values by customers, the largest first and equals by name.
feature::Vocabulary CollectVocabulary(const EventTable& table, const feature::Plan& plan);

}  // namespace segmentd::train
