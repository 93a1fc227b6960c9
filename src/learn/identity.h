#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// Which clusters are which segments of the champion.
struct Identities {
  std::vector<SegmentId> ids;           // by cluster; 0: a new one
  std::vector<model::Lineage> lineage;  // of what was born, split, merged or retired; child ids of
                                        // new clusters are 0 until they have one
  std::vector<int> cluster_of_child;    // by lineage entry: the cluster of its child, or -1
};

// Matches segments and clusters by the customers that they share, at most one to one and at the
// largest sum. A pair that shares less than half of the smaller one is none: its segment is retired
// or merged into where most of it went, its cluster born or split from where most of it came from.
// overlap(i, j): weight of segment i's customers in cluster j.
Identities Match(const Eigen::MatrixXd& overlap, const std::vector<SegmentId>& segments);

}  // namespace segmentd::learn
