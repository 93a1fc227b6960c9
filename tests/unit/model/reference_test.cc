// The figures that scikit-learn 1.9 gives on public data sets (20 starts).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "segmentd/model/embedding.h"
#include "segmentd/model/kmeans.h"

namespace segmentd::model {
namespace {

// Columns from `first` on as rows of a matrix; an empty cell is NaN. Empty when there is no file.
Eigen::MatrixXd ReadColumns(const std::string& name, int first) {
  const char* folder = std::getenv("SEGMENTD_DATA");
  std::ifstream file(std::string(folder == nullptr ? SEGMENTD_DATA_DEFAULT : folder) + "/" + name);
  std::vector<double> values;
  Eigen::Index points = 0;
  std::string line;
  std::getline(file, line);
  for (; std::getline(file, line); ++points) {
    std::stringstream cells(line + ",");
    std::string cell;
    for (int i = 0; std::getline(cells, cell, ','); ++i) {
      if (i < first) continue;
      values.push_back(cell.empty() ? std::numeric_limits<double>::quiet_NaN() : std::stod(cell));
    }
  }
  if (points == 0) return {};
  return Eigen::Map<Eigen::MatrixXd>(values.data(),
                                     static_cast<Eigen::Index>(values.size()) / points, points);
}

Matrix Standardised(Eigen::MatrixXd values) {
  values.colwise() -= values.rowwise().mean().eval();
  const Eigen::VectorXd deviation =
      (values.rowwise().squaredNorm() / static_cast<double>(values.cols())).cwiseSqrt();
  return (values.array().colwise() / deviation.array()).cast<float>();
}

void ImputeMedian(Eigen::MatrixXd& values) {
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    std::vector<double> present;
    for (const double value : values.row(i)) {
      if (!std::isnan(value)) present.push_back(value);
    }
    std::sort(present.begin(), present.end());
    const double median = (present[(present.size() - 1) / 2] + present[present.size() / 2]) / 2;
    for (double& value : values.row(i)) value = std::isnan(value) ? median : value;
  }
}

constexpr const char* kAbsent =
    "the public data set is not there: set SEGMENTD_DATA to the folder that holds it";

TEST(ReferenceTest, SegmentsMallCustomersAsScikitLearnDoes) {
  const Eigen::MatrixXd columns = ReadColumns("Mall_Customers.csv", 2);
  if (columns.size() == 0) GTEST_SKIP() << kAbsent;
  const Matrix points = columns.bottomRows(2).cast<float>();
  const KMeansFit fit = FitKMeans(points, {.clusters = 5, .starts = 10});
  EXPECT_NEAR(fit.inertia, 44448.45544793369, 0.01);
  EXPECT_NEAR(Silhouette(points, fit.labels), 0.553931997444648, 1e-9);
  EXPECT_NEAR(DaviesBouldin(points, fit.labels), 0.5725628995597083, 1e-9);
  EXPECT_NEAR(CalinskiHarabasz(points, fit.labels), 247.35899338037282, 1e-9);
}

TEST(ReferenceTest, FindsThePrincipalComponentsOfMallCustomers) {
  const Eigen::MatrixXd columns = ReadColumns("Mall_Customers.csv", 2);
  if (columns.size() == 0) GTEST_SKIP() << kAbsent;
  const Pca pca = FitPca(Standardised(columns), 3);
  EXPECT_NEAR(pca.explained[0], 0.4426616720824505, 1e-6);
  EXPECT_NEAR(pca.explained[1], 0.3330837846152244, 1e-6);
  EXPECT_NEAR(pca.explained[2], 0.22425454330232514, 1e-6);
  const Eigen::Vector3f first(0.7063823466700048F, -0.04802397586318696F, -0.7061994605317038F);
  EXPECT_TRUE(pca.embedding.skip.row(0).transpose().isApprox(first, 1e-4F)) << pca.embedding.skip;
}

TEST(ReferenceTest, SegmentsCreditCardHoldersAsTightlyAsScikitLearn) {
  Eigen::MatrixXd columns = ReadColumns("CC_GENERAL.csv", 1);
  if (columns.size() == 0) GTEST_SKIP() << kAbsent;
  ASSERT_EQ(columns.rows(), 17);
  ASSERT_EQ(columns.cols(), 8950);
  ImputeMedian(columns);
  const Matrix points = Standardised(columns.array().log1p());
  const KMeansFit fit = FitKMeans(points, {.clusters = 6, .iterations_max = 100});
  EXPECT_LE(fit.inertia, 1.005 * 70262.9765741376);
  EXPECT_GE(fit.inertia, 0.995 * 70262.9765741376);
  const Pca pca = FitPca(points, 3);
  EXPECT_NEAR(pca.explained[0], 0.3445534272798305, 1e-6);
  EXPECT_NEAR(pca.explained[1], 0.22005375592514873, 1e-6);
}

}  // namespace
}  // namespace segmentd::model
