#include "learn/structure.h"

#include <gtest/gtest.h>

#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

using Kind = model::Lineage::Kind;

constexpr int kSize = 8;

// Clouds in eight dimensions, at these places of the first.
struct Clouds {
  void Add(int count, double at, double first_spread = 1) {
    const Eigen::Index from = codes.cols();
    codes.conservativeResize(kSize, from + count);
    for (Eigen::Index i = from; i < codes.cols(); ++i) {
      for (float& value : codes.col(i)) value = static_cast<float>(random.Normal());
      codes(0, i) = static_cast<float>(at + first_spread * double{codes(0, i)});
    }
    weights.assign(static_cast<std::size_t>(codes.cols()), 1);
  }

  // A champion with segments 1, 2, ... at these places.
  Anchored Changed(const std::vector<double>& places, const Options& options = {},
                   const std::vector<double>& radii = {}) {
    champion = {};
    for (const double place : places) {
      model::Segment& segment = champion.segments.emplace_back();
      segment.id = SegmentId{champion.next_segment_id++};
      segment.centroid = model::Vector::Zero(kSize);
      segment.centroid(0) = static_cast<float>(place);
      segment.radius = radii.empty() ? 2.7 : radii[champion.segments.size() - 1];
      segment.share = 1.0 / static_cast<double>(places.size());
    }
    champion.embedding = model::IdentityEmbedding(kSize);
    const std::vector<int> labels = model::NearestCentroids(codes, champion.Centroids());
    Anchored anchored = StartFromSegments(champion, labels, codes, weights, 50);
    Restructure(champion, codes, weights, options, anchored);
    return anchored;
  }

  Random random{4};
  model::Matrix codes = model::Matrix(kSize, 0);
  std::vector<double> weights;
  model::Bundle champion;
};

Options Range(int k_min, int k_max) {
  Options options;
  options.k_min = k_min;
  options.k_max = k_max;
  return options;
}

TEST(RestructureTest, LeavesSegmentsAloneThatAreApart) {
  Clouds clouds;
  clouds.Add(400, 0);
  clouds.Add(400, 12);
  const Anchored same = clouds.Changed({0, 12}, Range(1, 9));
  EXPECT_TRUE(same.lineage.empty());
  EXPECT_EQ(same.origins, (std::vector<int>{0, 1}));
}

TEST(RestructureTest, MergesTwoHalvesOfOneCloudAndTheLargerKeepsItsId) {
  Clouds clouds;
  clouds.Add(600, 0);
  clouds.Add(400, 12);
  const Anchored merged = clouds.Changed({-0.9, 0.7, 12}, Range(2, 9));
  ASSERT_EQ(merged.lineage.size(), 1U);
  EXPECT_EQ(merged.lineage[0].kind, Kind::kMerged);
  EXPECT_EQ(merged.origins.size(), 2U);
  EXPECT_NE(merged.lineage[0].parent, merged.lineage[0].child);
  EXPECT_LT(merged.lineage[0].child, SegmentId{3});
  EXPECT_NEAR(merged.fit.centroids(0, 0), 0, 0.2);
  EXPECT_TRUE(clouds.Changed({-0.9, 0.7, 12}, Range(3, 9)).lineage.empty());
}

// Farther apart than they are wide, and yet of no account beside the others.
TEST(RestructureTest, MergesTwoWhoseDistinctionSavesNothing) {
  Clouds clouds;
  clouds.Add(5'000, 0, 40);
  clouds.Add(100, 400, 0.1);
  clouds.Add(100, 406, 0.1);
  const Anchored merged = clouds.Changed({0, 400, 406}, Range(2, 9), {58, 2.6, 2.6});
  ASSERT_EQ(merged.lineage.size(), 1U);
  EXPECT_EQ(merged.lineage[0].kind, Kind::kMerged);
  EXPECT_NEAR(merged.fit.centroids(0, 1), 403, 0.2);
  EXPECT_TRUE(clouds.Changed({0, 400, 406}, Range(2, 9), {2.6, 2.6, 2.6}).lineage.empty())
      << "the champion saw more in it";
}

TEST(RestructureTest, MergesNothingThatTheChampionSawApart) {
  Clouds clouds;
  clouds.Add(600, 0);
  clouds.Add(400, 12);
  EXPECT_TRUE(clouds.Changed({-4, 4, 12}, Range(2, 9)).lineage.empty());
}

TEST(RestructureTest, RetiresASegmentOfLessThanAHundredth) {
  Clouds clouds;
  clouds.Add(1'000, 0);
  clouds.Add(8, 30);
  const Anchored retired = clouds.Changed({0, 30}, Range(1, 9));
  ASSERT_EQ(retired.lineage.size(), 1U);
  EXPECT_EQ(retired.lineage[0].kind, Kind::kRetired);
  EXPECT_EQ(retired.lineage[0].parent, SegmentId{2});
  EXPECT_EQ(retired.origins, std::vector<int>{0});
}

TEST(RestructureTest, BearsASegmentInPlaceOfADeadOneWhereSoManyAreWanted) {
  Clouds clouds;
  clouds.Add(1'000, 0);
  clouds.Add(1'000, 20);
  clouds.Add(40, 60);
  clouds.Add(8, -90);
  const Anchored born = clouds.Changed({0, 20, -90}, Range(3, 9));
  ASSERT_EQ(born.lineage.size(), 2U);
  EXPECT_EQ(born.lineage[0].kind, Kind::kRetired);
  EXPECT_EQ(born.lineage[0].parent, SegmentId{3});
  EXPECT_EQ(born.lineage[1].kind, Kind::kBorn);
  EXPECT_EQ(born.cluster_of_child[1], 2);
  EXPECT_EQ(born.origins, (std::vector<int>{0, 1, -1}));
  EXPECT_NEAR(born.fit.centroids(0, 2), 60, 1) << "not where eight strangers are";
  EXPECT_EQ(clouds.Changed({0, 20, -90}, Range(2, 9)).lineage.size(), 1U);
}

TEST(RestructureTest, BearsNoSegmentThatWouldMoveMoreThanMayMove) {
  Clouds clouds;
  clouds.Add(3'000, 0);
  clouds.Add(20, 30);
  Options options = Range(2, 9);
  options.moved_budget = 0.011;
  EXPECT_EQ(clouds.Changed({0, 30}, options).lineage.size(), 1U) << "a slice of the one cloud";
  options.alarm = true;
  EXPECT_EQ(clouds.Changed({0, 30}, options).lineage.size(), 2U);
}

TEST(RestructureTest, SplitsTwoCloudsInOneSegment) {
  Clouds clouds;
  clouds.Add(600, 0);
  clouds.Add(300, 14);
  clouds.Add(500, 60);
  const Anchored split = clouds.Changed({4, 60}, Range(1, 9));
  ASSERT_EQ(split.lineage.size(), 1U);
  EXPECT_EQ(split.lineage[0].kind, Kind::kSplit);
  EXPECT_EQ(split.lineage[0].parent, SegmentId{1});
  EXPECT_EQ(split.cluster_of_child[0], 2);
  EXPECT_EQ(split.origins, (std::vector<int>{0, 1, -1}));
  EXPECT_NEAR(split.fit.centroids(0, 0), 0, 0.3);  // the larger part stays
  EXPECT_NEAR(split.fit.centroids(0, 2), 14, 0.3);
  EXPECT_TRUE(clouds.Changed({4, 60}, Range(1, 2)).lineage.empty());
}

// Cut in the middle it loses more than half of its squared distances, and yet is one.
TEST(RestructureTest, LeavesALongCloudInOnePiece) {
  Clouds clouds;
  clouds.Add(1'000, 0, 12);
  clouds.Add(500, 90);
  EXPECT_TRUE(clouds.Changed({0, 90}, Range(1, 9)).lineage.empty());
}

TEST(RestructureTest, LeavesAFewStrangersWhereTheyAre) {
  Clouds clouds;
  clouds.Add(1'000, 0);
  clouds.Add(25, 40);
  clouds.Add(500, 90);
  EXPECT_TRUE(clouds.Changed({0, 90}, Range(1, 9)).lineage.empty());
}

}  // namespace
}  // namespace segmentd::learn
