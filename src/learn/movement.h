#pragma once

#include <vector>

#include "segmentd/learn/retrain.h"
#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// What a change of models does to the customers of the rows. Labels are places in the segments.
MovementReport MeasureMovement(const model::Bundle& champion, const std::vector<int>& before,
                               const model::Bundle& challenger, const std::vector<int>& after,
                               const std::vector<double>& weights);

}  // namespace segmentd::learn
