#include <gtest/gtest.h>

#include "segmentd/model/kmeans.h"

namespace segmentd::model {
namespace {

// Eight points in three clusters; the expected figures come from the textbook formulae, in Python.
struct QualityTest : ::testing::Test {
  QualityTest() : points(2, 8) {
    points << 0, 1, 0, 5, 6, 5.5F, 10, 11,  //
        0, 0, 1.5F, 5, 5, 6, 0, 1;
  }
  Matrix points;
  std::vector<int> labels = {0, 0, 0, 1, 1, 1, 2, 2};
};

TEST_F(QualityTest, MeasuresTheSilhouette) {
  EXPECT_NEAR(Silhouette(points, labels), 0.8136998025745428, 1e-12);
}

TEST_F(QualityTest, MeasuresDaviesBouldin) {
  EXPECT_NEAR(DaviesBouldin(points, labels), 0.20059485766024857, 1e-12);
}

TEST_F(QualityTest, MeasuresCalinskiHarabasz) {
  EXPECT_NEAR(CalinskiHarabasz(points, labels), 98.13701923076925, 1e-9);
}

TEST_F(QualityTest, MeasuresTheSimplifiedSilhouette) {
  Matrix means(2, 3);
  means << 1.0F / 3, 5.5F, 10.5F, 0.5F, 16.0F / 3, 0.5F;
  EXPECT_NEAR(SimplifiedSilhouette(points, means), 0.8957227389544518, 1e-6);
}

TEST_F(QualityTest, DoesNotDependOnTheNumbersOfTheLabels) {
  const std::vector<int> renamed = {7, 7, 7, 2, 2, 2, 40, 40};
  EXPECT_NEAR(Silhouette(points, renamed), Silhouette(points, labels), 1e-12);
  EXPECT_NEAR(DaviesBouldin(points, renamed), DaviesBouldin(points, labels), 1e-12);
  EXPECT_NEAR(CalinskiHarabasz(points, renamed), CalinskiHarabasz(points, labels), 1e-9);
}

TEST_F(QualityTest, ScoresAPointAloneInItsClusterZero) {
  Matrix three(1, 3);
  three << 0, 1, 5;
  // (5-1)/5, (4-1)/4 and 0.
  EXPECT_NEAR(Silhouette(three, {0, 0, 1}), (0.8 + 0.75) / 3, 1e-12);
}

TEST_F(QualityTest, IsZeroWhereThereIsNothingToCompare) {
  const std::vector<int> one(8, 0);
  EXPECT_EQ(Silhouette(points, one), 0);
  EXPECT_EQ(DaviesBouldin(points, one), 0);
  EXPECT_EQ(CalinskiHarabasz(points, one), 0);
  EXPECT_EQ(SimplifiedSilhouette(points, Matrix::Zero(2, 1)), 0);
  EXPECT_EQ(SimplifiedSilhouette(Matrix::Zero(2, 3), Matrix::Zero(2, 2)), 0);
}

TEST_F(QualityTest, TakesTightClustersAsScikitLearnDoes) {
  Matrix tight(1, 4);
  tight << 1, 1, 3, 3;
  EXPECT_EQ(Silhouette(tight, {0, 0, 1, 1}), 1);
  EXPECT_EQ(DaviesBouldin(tight, {0, 0, 1, 1}), 0);
  EXPECT_EQ(CalinskiHarabasz(tight, {0, 0, 1, 1}), 1);
}

}  // namespace
}  // namespace segmentd::model
