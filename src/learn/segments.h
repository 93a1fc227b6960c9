#pragma once

#include <vector>

#include "segmentd/learn/rows.h"
#include "segmentd/model/bundle.h"
#include "segmentd/model/matrix.h"

namespace segmentd::learn {

// Rows as the model in the making sees them.
struct Points {
  const Rows& rows;
  model::Matrix scaled;
  model::Matrix limits;  // the weight of a feature where it is known, else 0
  model::Matrix codes;
};

// What there is to say of each cluster: centroid, means, medians, size, and what its customers buy
// by category. Ids, names and activity are left open.
std::vector<model::Segment> DescribeClusters(const Points& points, const model::Matrix& centroids,
                                             const std::vector<int>& labels);

}  // namespace segmentd::learn
