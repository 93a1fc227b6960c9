#include "segmentd/learn/families.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "segmentd/base/assert.h"

namespace segmentd::learn {

std::vector<Merger> WardTree(const model::Matrix& points, const std::vector<double>& weights) {
  const auto n = static_cast<std::size_t>(points.cols());
  SEGMENTD_ASSERT(weights.size() == n, "a weight per point");
  struct Group {
    int number;
    double weight;
    Eigen::VectorXd centre;
  };
  std::vector<Group> groups;
  for (std::size_t i = 0; i < n; ++i) {
    groups.push_back(
        {static_cast<int>(i), weights[i], points.col(static_cast<Eigen::Index>(i)).cast<double>()});
  }
  // Segments are few: the nearest pair is looked for anew each time, by what it adds.
  const auto added = [](const Group& a, const Group& b) {
    const double both = a.weight + b.weight;
    return both > 0 ? a.weight * b.weight / both * (a.centre - b.centre).squaredNorm() : 0;
  };
  std::vector<Merger> tree;
  while (groups.size() > 1) {
    std::size_t first = 0;
    std::size_t second = 1;
    double least = added(groups[0], groups[1]);
    for (std::size_t a = 0; a < groups.size(); ++a) {
      for (std::size_t b = a + 1; b < groups.size(); ++b) {
        const double more = added(groups[a], groups[b]);
        if (more < least) {
          least = more;
          first = a;
          second = b;
        }
      }
    }
    Group& a = groups[first];
    const Group& b = groups[second];
    const double both = a.weight + b.weight;
    tree.push_back(
        {std::min(a.number, b.number), std::max(a.number, b.number), std::sqrt(2 * least), both});
    if (both > 0) a.centre = (a.weight * a.centre + b.weight * b.centre) / both;
    a.weight = both;
    a.number = static_cast<int>(n + tree.size()) - 1;
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(second));
  }
  return tree;
}

std::vector<int> CutTree(const std::vector<Merger>& tree, int families) {
  const std::size_t n = tree.size() + 1;
  std::vector<int> group(n + tree.size());
  std::iota(group.begin(), group.end(), 0);
  const auto kept = n - std::min(n, static_cast<std::size_t>(std::max(1, families)));
  const auto root = [&](int at) {
    while (group[static_cast<std::size_t>(at)] != at) at = group[static_cast<std::size_t>(at)];
    return at;
  };
  for (std::size_t i = 0; i < kept; ++i) {
    const int merged = static_cast<int>(n + i);
    group[static_cast<std::size_t>(root(tree[i].first))] = merged;
    group[static_cast<std::size_t>(root(tree[i].second))] = merged;
  }
  std::vector<int> seen;
  std::vector<int> labels;
  for (std::size_t i = 0; i < n; ++i) {
    const int at = root(static_cast<int>(i));
    auto found = std::ranges::find(seen, at);
    if (found == seen.end()) found = seen.insert(seen.end(), at);
    labels.push_back(static_cast<int>(found - seen.begin()));
  }
  return labels;
}

}  // namespace segmentd::learn
