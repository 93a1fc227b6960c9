#pragma once

#include <cstdint>

#include "segmentd/model/matrix.h"

namespace segmentd::model {

// kBlockColumns points turned on their side: lane j of every feature belongs to point j. All work
// on a block is lane by lane, so that every point goes through the same operations in the same
// order and gets the same bits wherever it stands.
using Block = Eigen::Matrix<float, kBlockColumns, Eigen::Dynamic>;
using Lanes = Eigen::Array<float, kBlockColumns, 1>;
using LaneIndexes = Eigen::Array<std::int32_t, kBlockColumns, 1>;

inline int BlocksOf(Eigen::Index columns) {
  return static_cast<int>((columns + kBlockColumns - 1) / kBlockColumns);
}

// Columns of `points` from `first` on; what lies behind its end is zero.
void LoadBlock(const Matrix& points, Eigen::Index first, Block& block);
// The reverse; lanes behind the end of `points` are dropped.
void StoreBlock(const Block& block, Eigen::Index first, Matrix& points);

// squared(j, c) = |point j - centroid c|^2, summed feature by feature. Exact zero for equal points.
void SquaredDistances(const Block& block, const Matrix& centroids, Block& squared);

// The least of every lane and its column, the first one of equals.
void Nearest(const Block& squared, Lanes& least, LaneIndexes& nearest);

// sum += weight * the column, feature by feature.
void AddWeighted(const Matrix& points, Eigen::Index column, double weight, double* sum);

}  // namespace segmentd::model
