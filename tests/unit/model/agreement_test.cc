#include "segmentd/model/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "quality_fixture.h"
#include "segmentd/model/kmeans.h"
#include "segmentd/model/prediction_strength.h"

namespace segmentd::model {
namespace {

struct ScikitLearnTest : ::testing::Test {
  ScikitLearnTest() : points(4, 60), mixed(std::begin(kMixed), std::end(kMixed)) {
    for (int i = 0; i < 60; ++i) {
      for (int f = 0; f < 4; ++f) points(f, i) = static_cast<float>(kPoints[i][f]) / 64;
      clouds.push_back(i / 20);
    }
  }
  Matrix points;
  std::vector<int> clouds;
  std::vector<int> mixed;
};

TEST_F(ScikitLearnTest, MeasuresTheSameQuality) {
  int at = 0;
  for (const std::vector<int>& labels : {clouds, mixed}) {
    EXPECT_NEAR(Silhouette(points, labels), kSilhouettes[at], 1e-9);
    EXPECT_NEAR(DaviesBouldin(points, labels), kDaviesBouldin[at], 1e-9);
    EXPECT_NEAR(CalinskiHarabasz(points, labels), kCalinski[at], 1e-9);
    ++at;
  }
}

TEST_F(ScikitLearnTest, MeasuresTheSameAgreement) {
  EXPECT_NEAR(AdjustedRand(clouds, mixed), kAgreement[0], 1e-9);
  EXPECT_NEAR(AdjustedRand(mixed, clouds), kAgreement[0], 1e-9);
  EXPECT_NEAR(MutualInformation(clouds, mixed), kAgreement[1], 1e-9);
  EXPECT_NEAR(MutualInformation(mixed, clouds), kAgreement[1], 1e-9);
  EXPECT_NEAR(WeakestCluster(clouds, mixed), kWeakest[0], 1e-9);
  EXPECT_NEAR(WeakestCluster(mixed, clouds), kWeakest[1], 1e-9);
}

TEST_F(ScikitLearnTest, MakesTheSameOfCentroids) {
  Matrix centroids(4, 3);
  for (int c = 0; c < 3; ++c) {
    for (int f = 0; f < 4; ++f) centroids(f, c) = static_cast<float>(kCentroids[c][f]) / 64;
  }
  EXPECT_NEAR(SimplifiedSilhouette(points, centroids), kSimplifiedSilhouette[0], 1e-9);
  EXPECT_NEAR(RefineKMeans(points, centroids, 0).inertia, kInertiaOfCentroids[0], 1e-9);
}

TEST_F(ScikitLearnTest, ReachesTheSameInertia) {
  const KMeansFit fit = FitKMeans(points, {.clusters = 3, .starts = 10});
  EXPECT_NEAR(fit.inertia, kBestInertia[0], 1e-9);
}

TEST(AgreementTest, IsWholeForTheSamePartitionUnderOtherNames) {
  const std::vector<int> labels = {0, 0, 1, 1, 2, 2, 2};
  const std::vector<int> renamed = {9, 9, 4, 4, 7, 7, 7};
  EXPECT_DOUBLE_EQ(AdjustedRand(labels, renamed), 1);
  EXPECT_DOUBLE_EQ(MutualInformation(labels, renamed), 1);
  const std::vector<int> one(7, 0);
  EXPECT_EQ(AdjustedRand(one, one), 1);
  EXPECT_EQ(WeakestCluster(labels, renamed), 1);
  EXPECT_EQ(WeakestCluster(labels, one), 1);
  EXPECT_EQ(WeakestCluster({0, 0, 1}, {0, 0, 1}), 0) << "one point foretells nothing";
  EXPECT_EQ(MutualInformation(one, one), 1);
  EXPECT_NEAR(MutualInformation(labels, one), 0, 1e-12);
  EXPECT_NEAR(AdjustedRand(labels, one), 0, 1e-12);
}

TEST_F(ScikitLearnTest, ForetellsTheCloudsAndNoMoreClusters) {
  Matrix clear(4, 120);
  for (Eigen::Index i = 0; i < 120; ++i) {
    clear.col(i) = points.col(i % 60) * 0.2F;
    clear(0, i) += static_cast<float>(i % 60 / 20) * 5;
  }
  const auto strength = [&](int k) {
    return PredictionStrength(clear, {.clusters = k, .starts = 4, .seed = 1}, 5);
  };
  EXPECT_EQ(strength(1), 1);
  EXPECT_EQ(strength(3), 1);
  EXPECT_LT(strength(4), 0.8);
  EXPECT_LT(strength(6), 0.6);
  EXPECT_EQ(strength(31), 0);
}

}  // namespace
}  // namespace segmentd::model
