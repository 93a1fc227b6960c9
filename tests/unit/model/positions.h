#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "segmentd/base/random.h"
#include "segmentd/model/matrix.h"

namespace segmentd::model {

inline Matrix RandomMatrix(Eigen::Index rows, Eigen::Index cols, std::uint64_t seed,
                           double scale = 1) {
  Random random(seed);
  Matrix matrix(rows, cols);
  for (float& value : matrix.reshaped()) value = static_cast<float>(random.Normal() * scale);
  return matrix;
}

inline ::testing::AssertionResult SameBits(const Matrix& a, Eigen::Index a_column, const Matrix& b,
                                           Eigen::Index b_column) {
  const auto size = static_cast<std::size_t>(a.rows()) * sizeof(float);
  if (a.rows() == b.rows() &&
      std::memcmp(a.col(a_column).data(), b.col(b_column).data(), size) == 0) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure()
         << a.col(a_column).transpose() << " differs from " << b.col(b_column).transpose();
}

// Puts every column of `columns` at every position of batches of every size up to 200, beside
// others each time, and expects what `apply` makes of it to be the same bits as when it stood
// alone.
template <typename Input>
void ExpectSameBitsAtEveryPosition(const Input& columns,
                                   const std::function<Matrix(const Input&)>& apply) {
  const Eigen::Index kinds = columns.cols();
  Matrix alone;
  for (Eigen::Index kind = 0; kind < kinds; ++kind) {
    const Matrix result = apply(columns.col(kind));
    alone.conservativeResize(result.rows(), kinds);
    alone.col(kind) = result.col(0);
  }
  for (Eigen::Index size = 1; size <= 200; ++size) {
    for (Eigen::Index shift = 0; shift < kinds; ++shift) {
      Input batch(columns.rows(), size);
      for (Eigen::Index i = 0; i < size; ++i) batch.col(i) = columns.col((i + shift) % kinds);
      const Matrix result = apply(batch);
      for (Eigen::Index i = 0; i < size; ++i) {
        ASSERT_TRUE(SameBits(result, i, alone, (i + shift) % kinds))
            << "at position " << i << " of " << size;
      }
    }
  }
}

}  // namespace segmentd::model
