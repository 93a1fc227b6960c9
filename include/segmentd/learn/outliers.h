#pragma once

#include <vector>

#include "segmentd/model/bundle.h"
#include "segmentd/model/matrix.h"

namespace segmentd::learn {

// Unlike its segment and unlike what the model knows: farther from the centroid than one in two
// hundred of the segment's members, and given back worse than one in two hundred of all. Never in
// place of a segment. False where the bundle does not know.
bool IsOutlier(const model::Bundle& bundle, const model::Segment& segment, double distance,
               double error);

// Customers in no dense place, by DBSCAN's rule (Ester et al. 1996): not dense themselves, and
// within reach of nobody who is. Dense: as many as twice the dimensions, the customer included,
// within reach; reach: the distance within which 95 in 100 find as many. O(n^2): pass a sample.
std::vector<bool> LonelyOnes(const model::Matrix& codes);

}  // namespace segmentd::learn
