#include "learn/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

double CostOf(const Eigen::MatrixXd& costs, const std::vector<int>& columns) {
  double sum = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] >= 0) sum += costs(static_cast<Eigen::Index>(i), columns[i]);
  }
  return sum;
}

// Every way to give n rows different columns out of m, n <= m.
double LeastByTrial(const Eigen::MatrixXd& costs) {
  std::vector<int> columns(static_cast<std::size_t>(costs.cols()));
  std::iota(columns.begin(), columns.end(), 0);
  double least = 1e300;
  do {
    const std::vector<int> first(columns.begin(), columns.begin() + costs.rows());
    least = std::min(least, CostOf(costs, first));
  } while (std::next_permutation(columns.begin(), columns.end()));
  return least;
}

TEST(LeastCostTest, FindsTheLeastOfAllAssignments) {
  Random random(1);
  for (int trial = 0; trial < 60; ++trial) {
    const auto rows = static_cast<Eigen::Index>(1 + random.Below(5));
    const auto columns = rows + static_cast<Eigen::Index>(random.Below(3));
    Eigen::MatrixXd costs(rows, columns);
    for (double& cost : costs.reshaped()) cost = std::round(random.Normal() * 5);
    const std::vector<int> found = LeastCost(costs);
    std::vector<int> distinct = found;
    std::sort(distinct.begin(), distinct.end());
    ASSERT_EQ(std::adjacent_find(distinct.begin(), distinct.end()), distinct.end());
    ASSERT_NEAR(CostOf(costs, found), LeastByTrial(costs), 1e-9) << costs;
  }
}

TEST(LeastCostTest, LeavesRowsOverWhereThereAreMoreOfThemThanColumns) {
  Eigen::MatrixXd costs(3, 1);
  costs << 5, -2, 1;
  EXPECT_EQ(LeastCost(costs), (std::vector<int>{-1, 0, -1}));
  EXPECT_EQ(LeastCost(Eigen::MatrixXd(2, 0)), (std::vector<int>{-1, -1}));
}

}  // namespace
}  // namespace segmentd::learn
