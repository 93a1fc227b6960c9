#include "segmentd/model/succession.h"

#include <gtest/gtest.h>

namespace segmentd::model {
namespace {

using Kind = Lineage::Kind;

Bundle WithLineage(std::vector<Lineage> lineage) {
  Bundle bundle;
  bundle.sequence = 2;
  bundle.lineage = std::move(lineage);
  return bundle;
}

TEST(SuccessionTest, TakesWhatWasSplitAndWhatWasMergedForOneLine) {
  const Succession succession(WithLineage({{2, Kind::kSplit, SegmentId{1}, SegmentId{5}, 1},
                                           {2, Kind::kMerged, SegmentId{2}, SegmentId{5}, 1},
                                           {2, Kind::kRetired, SegmentId{3}, SegmentId{}, 0},
                                           {2, Kind::kBorn, SegmentId{}, SegmentId{6}, 0}}));
  EXPECT_EQ(succession.LineOf(SegmentId{5}), succession.LineOf(SegmentId{1}));
  EXPECT_EQ(succession.LineOf(SegmentId{2}), succession.LineOf(SegmentId{1}));
  for (const std::uint32_t alone : {3U, 4U, 6U}) {
    EXPECT_EQ(succession.LineOf(SegmentId{alone}), SegmentId{alone});
  }
}

TEST(SuccessionTest, EndsWhereSegmentsWentInACircle) {
  const Succession succession(WithLineage({{2, Kind::kSplit, SegmentId{1}, SegmentId{5}, 1},
                                           {2, Kind::kMerged, SegmentId{1}, SegmentId{5}, 1}}));
  EXPECT_EQ(succession.LineOf(SegmentId{5}), succession.LineOf(SegmentId{1}));
}

TEST(SuccessionTest, KnowsNothingOfTheModelsBefore) {
  const Succession succession(WithLineage({{1, Kind::kSplit, SegmentId{1}, SegmentId{5}, 1}}));
  EXPECT_NE(succession.LineOf(SegmentId{5}), succession.LineOf(SegmentId{1}));
}

}  // namespace
}  // namespace segmentd::model
