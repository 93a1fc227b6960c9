#include "segmentd/learn/outliers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

TEST(OutliersTest, NeedsBothADistanceAndAnError) {
  model::Bundle bundle;
  bundle.reference.error_far = 0.5;
  model::Segment segment;
  segment.far = 2;
  EXPECT_TRUE(IsOutlier(bundle, segment, 2.1, 0.6));
  EXPECT_FALSE(IsOutlier(bundle, segment, 1.9, 0.6));
  EXPECT_FALSE(IsOutlier(bundle, segment, 2.1, 0.4));
  EXPECT_FALSE(IsOutlier({}, {}, 100, 100));
}

TEST(OutliersTest, FindsThoseWhoStandAlone) {
  Random random(2);
  model::Matrix codes(2, 300);
  for (float& value : codes.reshaped()) value = static_cast<float>(random.Normal());
  codes.col(7) << 9, 9;
  codes.col(200) << -12, 3;
  const std::vector<bool> lonely = LonelyOnes(codes);
  EXPECT_TRUE(lonely[7]);
  EXPECT_TRUE(lonely[200]);
  EXPECT_LE(std::ranges::count(lonely, true), 12);
  EXPECT_EQ(std::ranges::count(LonelyOnes(model::Matrix::Zero(3, 50)), true), 0);
  EXPECT_EQ(LonelyOnes(model::Matrix::Zero(3, 1)), std::vector<bool>{false});
}

}  // namespace
}  // namespace segmentd::learn
