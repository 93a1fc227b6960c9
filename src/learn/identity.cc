#include "identity.h"

#include <algorithm>

#include "assignment.h"

namespace segmentd::learn {
namespace {

using Index = Eigen::Index;
using Kind = model::Lineage::Kind;

constexpr double kSame = 0.5;  // of the smaller one

double ShareOf(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

Identities Match(const Eigen::MatrixXd& overlap, const std::vector<SegmentId>& segments) {
  const Eigen::VectorXd of_segment = overlap.rowwise().sum();
  const Eigen::VectorXd of_cluster = overlap.colwise().sum();
  const std::vector<int> matched = LeastCost(-overlap);
  Identities result;
  result.ids.resize(static_cast<std::size_t>(overlap.cols()));
  for (std::size_t i = 0; i < matched.size(); ++i) {
    const int j = matched[i];
    if (j < 0) continue;
    const auto row = static_cast<Index>(i);
    const double smaller = std::min(of_segment(row), of_cluster(j));
    if (smaller > 0 && overlap(row, j) >= kSame * smaller) {
      result.ids[static_cast<std::size_t>(j)] = segments[i];
    }
  }
  const auto add = [&](Kind kind, SegmentId parent, int child, double share) {
    model::Lineage entry;
    entry.kind = kind;
    entry.parent = parent;
    if (child >= 0) entry.child = result.ids[static_cast<std::size_t>(child)];
    entry.share = share;
    result.lineage.push_back(entry);
    result.cluster_of_child.push_back(child);
  };
  for (Index j = 0; j < overlap.cols(); ++j) {
    if (result.ids[static_cast<std::size_t>(j)] != SegmentId{}) continue;
    Index from = 0;
    const double most = overlap.col(j).maxCoeff(&from);
    const double share = ShareOf(most, of_cluster(j));
    const bool split = share >= kSame;
    add(split ? Kind::kSplit : Kind::kBorn,
        split ? segments[static_cast<std::size_t>(from)] : SegmentId{}, static_cast<int>(j),
        split ? share : 0);
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (std::find(result.ids.begin(), result.ids.end(), segments[i]) != result.ids.end()) continue;
    Index to = 0;
    const auto row = static_cast<Index>(i);
    const double most = overlap.row(row).maxCoeff(&to);
    const double share = ShareOf(most, of_segment(row));
    const bool merged = share >= kSame;
    add(merged ? Kind::kMerged : Kind::kRetired, segments[i], merged ? static_cast<int>(to) : -1,
        share);
  }
  return result;
}

}  // namespace segmentd::learn
