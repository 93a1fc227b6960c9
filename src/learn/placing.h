#pragma once

#include <vector>

#include "segmentd/learn/rows.h"
#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// Rows as a bundle sees them; features that it knows and they do not are missing. Whole blocks are
// cut to the rows.
struct Placed {
  model::Matrix scaled;
  model::Matrix codes;
  std::vector<int> labels;  // index into the bundle's segments: the nearest
};

Placed Place(const model::Bundle& bundle, const Rows& rows);

// The weight of each pair of labels: first(i), second(j).
Eigen::MatrixXd Overlap(const std::vector<int>& first, Eigen::Index firsts,
                        const std::vector<int>& second, Eigen::Index seconds,
                        const std::vector<double>& weights);

}  // namespace segmentd::learn
