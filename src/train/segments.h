#pragma once

#include <string>
#include <vector>

#include "segmentd/model/bundle.h"
#include "segmentd/model/kmeans.h"
#include "segmentd/model/matrix.h"

namespace segmentd::train {

// The same customers three times: as raw features, scaled, embedded. Two columns each, of different
// instants: i and n + i of 2 n.
struct Points {
  model::RawMatrix raw;
  model::Matrix scaled;
  model::Matrix codes;
};

// The segments of a clustering: ids from 1, the most active and valuable first, with their means,
// medians, sizes, names, and what they buy by category.
std::vector<model::Segment> MakeSegments(const Points& points,
                                         const std::vector<std::string>& features,
                                         const model::Scaler& scaler, const model::KMeansFit& fit);

}  // namespace segmentd::train
