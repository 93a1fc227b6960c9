#pragma once

#include "segmentd/learn/placing.h"
#include "segmentd/model/bundle.h"
#include "segments.h"

namespace segmentd::learn {

// What later rows are compared with: histograms of the features and of the errors, and how far out
// members of each segment are. labels: places in bundle.segments.
void MakeReference(const Points& points, const std::vector<int>& labels, model::Bundle& bundle);

}  // namespace segmentd::learn
