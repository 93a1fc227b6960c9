#pragma once

#include <Eigen/Core>
#include <vector>

namespace segmentd::learn {

// The column of each row, no column twice, at the least sum of costs; -1 for rows that no column is
// left for. Deterministic. REQUIRES: all finite.
std::vector<int> LeastCost(const Eigen::MatrixXd& costs);

}  // namespace segmentd::learn
