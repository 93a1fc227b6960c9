#include "learn/identity.h"

#include <gtest/gtest.h>

namespace segmentd::learn {
namespace {

using Kind = model::Lineage::Kind;

const std::vector<SegmentId> kIds = {SegmentId{3}, SegmentId{7}, SegmentId{9}};

TEST(MatchTest, FindsSegmentsAgainWhateverTheOrderOfTheClusters) {
  Eigen::MatrixXd overlap(3, 3);
  overlap << 1, 90, 0,  //
      0, 2, 80,         //
      70, 0, 5;
  const Identities found = Match(overlap, kIds);
  EXPECT_EQ(found.ids, (std::vector<SegmentId>{SegmentId{9}, SegmentId{3}, SegmentId{7}}));
  EXPECT_TRUE(found.lineage.empty());
}

TEST(MatchTest, TellsASplitByWhereItsCustomersCameFrom) {
  Eigen::MatrixXd overlap(3, 4);
  overlap << 60, 0, 0, 40,  //
      0, 100, 0, 5,         //
      0, 0, 100, 0;
  const Identities found = Match(overlap, kIds);
  EXPECT_EQ(found.ids[0], SegmentId{3});
  EXPECT_EQ(found.ids[3], SegmentId{});
  ASSERT_EQ(found.lineage.size(), 1U);
  EXPECT_EQ(found.lineage[0].kind, Kind::kSplit);
  EXPECT_EQ(found.lineage[0].parent, SegmentId{3});
  EXPECT_EQ(found.cluster_of_child[0], 3);
  EXPECT_NEAR(found.lineage[0].share, 40.0 / 45, 1e-12);
}

TEST(MatchTest, TellsAMergerByWhereItsCustomersWent) {
  Eigen::MatrixXd overlap(3, 2);
  overlap << 100, 0,  //
      80, 20,         //
      0, 100;
  const Identities found = Match(overlap, kIds);
  EXPECT_EQ(found.ids, (std::vector<SegmentId>{SegmentId{3}, SegmentId{9}}));
  ASSERT_EQ(found.lineage.size(), 1U);
  EXPECT_EQ(found.lineage[0].kind, Kind::kMerged);
  EXPECT_EQ(found.lineage[0].parent, SegmentId{7});
  EXPECT_EQ(found.lineage[0].child, SegmentId{3});
  EXPECT_NEAR(found.lineage[0].share, 0.8, 1e-12);
}

TEST(MatchTest, TakesAStrangerForNewAndAScatteredSegmentForRetired) {
  Eigen::MatrixXd overlap(3, 3);
  overlap << 100, 0, 0,  //
      0, 100, 0,         //
      34, 34, 32;
  const Identities found = Match(overlap, kIds);
  EXPECT_EQ(found.ids[0], SegmentId{3});
  EXPECT_EQ(found.ids[1], SegmentId{7});
  // The third cluster is wholly of the third segment's customers: it is that segment, shrunk.
  EXPECT_EQ(found.ids[2], SegmentId{9});

  overlap.col(2) << 30, 30, 12;
  const Identities scattered = Match(overlap, kIds);
  EXPECT_EQ(scattered.ids[2], SegmentId{});
  ASSERT_EQ(scattered.lineage.size(), 2U);
  EXPECT_EQ(scattered.lineage[0].kind, Kind::kBorn);
  EXPECT_EQ(scattered.lineage[0].parent, SegmentId{});
  EXPECT_EQ(scattered.lineage[1].kind, Kind::kRetired);
  EXPECT_EQ(scattered.lineage[1].parent, SegmentId{9});
}

}  // namespace
}  // namespace segmentd::learn
