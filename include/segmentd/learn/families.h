#pragma once

#include <vector>

#include "segmentd/model/matrix.h"

namespace segmentd::learn {

// Two groups that become one. Groups 0..n-1 are the points themselves; the i-th merger makes group
// n + i.
struct Merger {
  int first = 0;
  int second = 0;     // first < second
  double height = 0;  // Ward's distance: the root of twice the squared distances it adds
  double weight = 0;  // of all points in it
};

// Ward's tree over weighted points (segments' centroids with their shares), by Lance and Williams;
// n - 1 mergers, heights never fall. SciPy's heights for equal weights. Deterministic.
std::vector<Merger> WardTree(const model::Matrix& points, const std::vector<double>& weights);

// The family of each point when the tree is cut into so many: numbered from 0 by their first point.
std::vector<int> CutTree(const std::vector<Merger>& tree, int families);

}  // namespace segmentd::learn
