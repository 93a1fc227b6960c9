#include "segmentd/model/dense_kernel.h"

#include <gtest/gtest.h>

#include <cmath>

#include "positions.h"

namespace segmentd::model {
namespace {

// One multiplication and one addition after the other, as the kernel promises at every level.
Matrix InOrder(const Matrix& a, const Matrix& b, Matrix c) {
  for (Eigen::Index n = 0; n < b.cols(); ++n) {
    for (Eigen::Index j = 0; j < a.rows(); ++j) {
      volatile float sum = c(j, n);
      for (Eigen::Index k = 0; k < a.cols(); ++k) {
        const volatile float product = a(j, k) * b(k, n);
        sum = sum + product;
      }
      c(j, n) = sum;
    }
  }
  return c;
}

TEST(AddProductTest, AddsInOneOrderWhateverTheLevelOfTheInstructionSet) {
  for (const Eigen::Index rows : {16, 32, 48, 64}) {
    for (const Eigen::Index inner : {1, 7, 64}) {
      for (const Eigen::Index columns : {1, 3, 4, 8, 13, 21}) {
        const Matrix a = RandomMatrix(rows, inner, 1);
        const Matrix b = RandomMatrix(inner, columns, 2);
        const Matrix start = RandomMatrix(rows, columns, 3);
        Matrix c = start;
        AddProduct(a.data(), rows, {b.data(), 1, inner}, inner, c.data(), columns);
        ASSERT_EQ(c, InOrder(a, b, start)) << rows << " " << inner << " " << columns;
        const Matrix turned = b.transpose();
        c = start;
        AddProduct(a.data(), rows, {turned.data(), columns, 1}, inner, c.data(), columns);
        ASSERT_EQ(c, InOrder(a, b, start)) << "transposed";
      }
    }
  }
}

TEST(TurnTest, TurnsAnyShapeAndTouchesNothingElse) {
  for (const Eigen::Index rows : {1, 3, 4, 9, 32, 64}) {
    for (const Eigen::Index columns : {1, 4, 7, 33, 64}) {
      const Matrix a = RandomMatrix(rows + 2, columns, 1);
      Matrix turned = Matrix::Constant(columns + 1, rows, 7);
      Turn(a.data(), rows, columns, rows + 2, turned.data(), columns + 1);
      ASSERT_EQ(turned.topRows(columns), a.topRows(rows).transpose()) << rows << " " << columns;
      ASSERT_TRUE((turned.bottomRows(1).array() == 7).all());
    }
  }
}

TEST(SiluTest, FollowsTheFunctionAndItsDerivative) {
  for (float x = -90; x < 90; x += 0.37F) {
    float value = 0;
    Silu({&x, 1}, {&value, 1});
    const double gate = 1 / (1 + std::exp(-double{x}));
    EXPECT_NEAR(value, x * gate, 1e-6 * std::max(1.0, std::abs(x * gate))) << x;
    float gradient = 2;
    SiluBackward({&x, 1}, {&gradient, 1});
    EXPECT_NEAR(gradient, 2 * gate * (1 + x * (1 - gate)), 5e-6) << x;
  }
}

}  // namespace
}  // namespace segmentd::model
