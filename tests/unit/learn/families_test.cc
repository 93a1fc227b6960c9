#include "segmentd/learn/families.h"

#include <gtest/gtest.h>

#include <array>

namespace segmentd::learn {
namespace {

struct FamiliesTest : ::testing::Test {
  FamiliesTest() : points(2, 6) {
    points << 0, 1, 4, 4.5F, 9, 0.25F,  //
        0, 0.5F, 4, 5, 0, -1.5F;
  }
  model::Matrix points;
};

// By SciPy's linkage(points, "ward").
TEST_F(FamiliesTest, HasTheHeightsOfScipy) {
  const std::vector<Merger> tree = WardTree(points, std::vector<double>(6, 1));
  ASSERT_EQ(tree.size(), 5U);
  constexpr std::array<double, 5> kHeights = {1.118033988749895, 1.118033988749895,
                                              2.0412414523193148, 7.555351304428757,
                                              11.016086722001905};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(tree[i].height, kHeights[i], 1e-9) << i;
  EXPECT_EQ(tree[0].first, 0);
  EXPECT_EQ(tree[0].second, 1);
  EXPECT_EQ(tree[4].weight, 6);
}

TEST_F(FamiliesTest, CutsIntoAsManyFamiliesAsAsked) {
  const std::vector<Merger> tree = WardTree(points, std::vector<double>(6, 1));
  EXPECT_EQ(CutTree(tree, 3), (std::vector<int>{0, 0, 1, 1, 2, 0}));
  EXPECT_EQ(CutTree(tree, 1), std::vector<int>(6, 0));
  EXPECT_EQ(CutTree(tree, 9), (std::vector<int>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(CutTree({}, 2), std::vector<int>{0});
}

TEST_F(FamiliesTest, LeavesTheHeavyApartLongerThanTheLight) {
  model::Matrix line(1, 3);
  line << 0, 1, 2.1F;
  EXPECT_EQ(WardTree(line, {1, 1, 1})[0].first, 0);
  EXPECT_EQ(WardTree(line, {50, 50, 0.1})[0].second, 2);
}

}  // namespace
}  // namespace segmentd::learn
