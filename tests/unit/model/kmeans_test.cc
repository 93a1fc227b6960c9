#include "segmentd/model/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "model/block.h"
#include "positions.h"

namespace segmentd::model {
namespace {

// Three round clouds of 100 points, 10 apart.
Matrix Clouds() {
  Matrix points = RandomMatrix(2, 300, 5, 0.5);
  for (Eigen::Index i = 0; i < 300; ++i) points(0, i) += static_cast<float>(10 * (i % 3));
  return points;
}

double Inertia(const Matrix& points, const KMeansFit& fit) {
  double inertia = 0;
  for (Eigen::Index i = 0; i < points.cols(); ++i) {
    const int label = fit.labels[static_cast<std::size_t>(i)];
    inertia += (points.col(i) - fit.centroids.col(label)).squaredNorm();
  }
  return inertia;
}

TEST(KMeansTest, FindsSeparateClouds) {
  const Matrix points = Clouds();
  const KMeansFit fit = FitKMeans(points, {.clusters = 3});
  std::set<int> labels;
  for (std::size_t i = 0; i < 3; ++i) labels.insert(fit.labels[i]);
  EXPECT_EQ(labels.size(), 3U);
  for (std::size_t i = 3; i < 300; ++i) EXPECT_EQ(fit.labels[i], fit.labels[i % 3]) << i;
  EXPECT_NEAR(fit.inertia, Inertia(points, fit), 1e-3);
  EXPECT_GE(fit.iterations, 1);
}

TEST(KMeansTest, PutsCentroidsAtTheMeansOfTheirPoints) {
  const Matrix points = RandomMatrix(4, 500, 8);
  const KMeansFit fit = FitKMeans(points, {.clusters = 6, .iterations_max = 500});
  for (int c = 0; c < 6; ++c) {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(4);
    int size = 0;
    for (Eigen::Index i = 0; i < points.cols(); ++i) {
      if (fit.labels[static_cast<std::size_t>(i)] != c) continue;
      sum += points.col(i).cast<double>();
      ++size;
    }
    ASSERT_GT(size, 0);
    EXPECT_TRUE(fit.centroids.col(c).cast<double>().isApprox(sum / size, 1e-6)) << c;
  }
}

TEST(KMeansTest, LabelsEveryPointWithItsNearestCentroid) {
  const Matrix points = RandomMatrix(3, 777, 4);
  const KMeansFit fit = FitKMeans(points, {.clusters = 9, .starts = 1, .iterations_max = 2});
  Matrix distances;
  Distances(points, fit.centroids, distances);
  for (Eigen::Index i = 0; i < points.cols(); ++i) {
    Eigen::Index nearest = 0;
    distances.col(i).minCoeff(&nearest);
    EXPECT_EQ(fit.labels[static_cast<std::size_t>(i)], nearest) << i;
  }
}

TEST(KMeansTest, NeverGetsWorseWithMoreIterations) {
  const Matrix points = RandomMatrix(5, 600, 2);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    double last = std::numeric_limits<double>::infinity();
    for (int iterations = 1; iterations <= 25; ++iterations) {
      const KMeansFit fit = FitKMeans(
          points, {.clusters = 7, .starts = 1, .iterations_max = iterations, .seed = seed});
      EXPECT_LE(fit.inertia, last * (1 + 1e-6)) << "seed " << seed << ", " << iterations;
      last = fit.inertia;
    }
  }
}

TEST(KMeansTest, NeverGetsWorseWithMoreStarts) {
  const Matrix points = RandomMatrix(5, 300, 3);
  double last = std::numeric_limits<double>::infinity();
  for (int starts = 1; starts <= 6; ++starts) {
    const KMeansFit fit = FitKMeans(points, {.clusters = 8, .starts = starts});
    EXPECT_LE(fit.inertia, last);
    last = fit.inertia;
  }
}

TEST(KMeansTest, GivesTheSameBitsForTheSameSeed) {
  const Matrix points = RandomMatrix(5, 400, 6);
  const KMeansFit first = FitKMeans(points, {.clusters = 7, .seed = 42});
  const KMeansFit again = FitKMeans(points, {.clusters = 7, .seed = 42});
  EXPECT_EQ(first.centroids, again.centroids);
  EXPECT_EQ(first.labels, again.labels);
  EXPECT_EQ(first.inertia, again.inertia);
  const KMeansFit other = FitKMeans(points, {.clusters = 7, .starts = 1, .seed = 43});
  EXPECT_NE(first.centroids, other.centroids);
}

TEST(KMeansTest, MakesOneClusterPerDistinctPointWhenThereAreFewerThanAsked) {
  Matrix points(2, 90);
  for (Eigen::Index i = 0; i < 90; ++i) points.col(i) << static_cast<float>(i % 3), 0.1F;
  const KMeansFit fit = FitKMeans(points, {.clusters = 8});
  EXPECT_EQ(fit.centroids.cols(), 3);
  EXPECT_EQ(fit.inertia, 0);

  const KMeansFit single = FitKMeans(Matrix::Constant(4, 1, 2.5F), {.clusters = 8});
  EXPECT_EQ(single.centroids, Matrix::Constant(4, 1, 2.5F));
  EXPECT_EQ(single.labels, std::vector<int>{0});
}

TEST(KMeansTest, FillsEveryClusterWhenPointsAreMostlyEqual) {
  Matrix points = Matrix::Zero(1, 1000);
  for (Eigen::Index i = 0; i < 6; ++i) points(0, 150 * i) = static_cast<float>(i + 1);
  const KMeansFit fit = FitKMeans(points, {.clusters = 7});
  ASSERT_EQ(fit.centroids.cols(), 7);
  EXPECT_EQ(std::set<int>(fit.labels.begin(), fit.labels.end()).size(), 7U);
  EXPECT_EQ(fit.inertia, 0);
}

TEST(DistancesTest, AreEuclideanAndExactlyZeroAtACentroid) {
  Matrix centroids(2, 5);
  centroids << 0, 3, -1e4F, 7, 1, 0, 4, 5, 7, 0.1F;
  Matrix distances;
  Distances(centroids, centroids, distances);
  for (Eigen::Index i = 0; i < 5; ++i) {
    for (Eigen::Index j = 0; j < 5; ++j) {
      EXPECT_FLOAT_EQ(distances(i, j), (centroids.col(i) - centroids.col(j)).norm());
    }
    EXPECT_EQ(distances(i, i), 0);
  }
  EXPECT_EQ(distances(0, 1), 5);
}

TEST(SquaredDistancesTest, AddUpInOneOrderWhateverTheLevelOfTheInstructionSet) {
  const Matrix points = RandomMatrix(11, 70, 1);
  const Matrix centroids = RandomMatrix(11, 6, 2);
  for (const Eigen::Index first : {0, 64}) {
    Block block;
    Block squared;
    LoadBlock(points, first, block);
    SquaredDistances(block, centroids, squared);
    for (Eigen::Index j = 0; j < std::min<Eigen::Index>(kBlockColumns, 70 - first); ++j) {
      for (Eigen::Index c = 0; c < centroids.cols(); ++c) {
        volatile float sum = 0;
        for (Eigen::Index f = 0; f < points.rows(); ++f) {
          const volatile float off = points(f, first + j) - centroids(f, c);
          const volatile float square = off * off;
          sum = sum + square;
        }
        ASSERT_EQ(squared(j, c), sum) << j << " " << c;
      }
    }
  }
}

TEST(NearestCentroidsTest, TakesTheFirstOfEqualOnes) {
  const Matrix points = RandomMatrix(3, 130, 1);
  Matrix centroids(3, 7);
  centroids << RandomMatrix(3, 3, 2), RandomMatrix(3, 3, 2), Matrix::Constant(3, 1, 1e3F);
  Matrix distances;
  Distances(points, centroids, distances);
  const std::vector<int> labels = NearestCentroids(points, centroids);
  for (Eigen::Index i = 0; i < points.cols(); ++i) {
    Eigen::Index nearest = 0;
    distances.col(i).minCoeff(&nearest);
    EXPECT_EQ(labels[static_cast<std::size_t>(i)], nearest);
    EXPECT_LT(nearest, 3);
  }
  EXPECT_TRUE(NearestCentroids(Matrix(3, 0), centroids).empty());
}

TEST(DistancesTest, GivesAColumnTheSameBitsAtEveryPosition) {
  for (const int clusters : {1, 4, 7}) {
    const Matrix centroids = RandomMatrix(9, clusters, 31);
    ExpectSameBitsAtEveryPosition<Matrix>(RandomMatrix(9, 5, 32), [&](const Matrix& codes) {
      Matrix distances;
      Distances(codes, centroids, distances);
      return distances;
    });
  }
}

}  // namespace
}  // namespace segmentd::model
