#pragma once

#include <Eigen/Core>

namespace segmentd::model {

// Points as columns, features as rows. Raw snapshots are double (NaN = missing), all that follows
// the scaler is float.
using RawMatrix = Eigen::MatrixXd;
using Matrix = Eigen::MatrixXf;
using Vector = Eigen::VectorXf;

// Serving works on blocks of exactly this many columns, padded with zeros: a column's result is
// then the same bits whatever its place and whatever stands beside it, so that output never depends
// on where a batch ended. (A product of another shape may sum in another order.)
inline constexpr int kBlockColumns = 64;

}  // namespace segmentd::model
