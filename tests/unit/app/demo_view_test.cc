#include "app/demo_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bundles.h"

namespace segmentd::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Kind = model::Lineage::Kind;

train::LiveStatus Champion(std::string version, model::Bundle bundle) {
  train::LiveStatus status;
  status.state = "collecting";
  status.champion = std::move(version);
  status.bundle = std::make_shared<const model::Bundle>(std::move(bundle));
  return status;
}

TEST(DemoTallyTest, SaysWhatSegmentsCameOfWhichByTheirNames) {
  DemoTally tally;
  tally.Add(Champion("one", support::OrdersBundle()));
  EXPECT_THAT(tally.lineage(), IsEmpty());
  model::Bundle second = support::SecondOrdersBundle();  // without seg-2, with seg-4
  second.lineage = {{1, Kind::kBorn, SegmentId{}, SegmentId{1}, 0},
                    {2, Kind::kSplit, SegmentId{3}, SegmentId{4}, 1},
                    {2, Kind::kMerged, SegmentId{2}, SegmentId{1}, 1}};
  tally.Add(Champion("two", second));
  tally.Add(Champion("two", second));
  EXPECT_THAT(tally.lineage(), ElementsAre(R"(seg-4 "Regulars" was split from seg-3 "Champions")",
                                           R"(seg-2 "Loyal" was merged into seg-1 "New")"));
  EXPECT_THAT(DemoSummary(tally, {}), HasSubstr(R"(seg-4 "Regulars" was split from)"));
}

TEST(DemoTallyTest, TellsEachDecisionOnceAsNews) {
  DemoTally tally;
  train::LiveStatus status = Champion("one", support::OrdersBundle());
  status.last.emplace();
  status.last->version = "two";
  status.last->state = "rejected";
  status.last->reason = "moved is 0.2, above 0.15";
  tally.Add(status);
  EXPECT_THAT(DemoLine(tally, {}), HasSubstr("\n  two rejected: moved is 0.2, above 0.15\n"));
  tally.NextFrame();
  tally.Add(status);
  EXPECT_THAT(DemoLine(tally, {}), Not(HasSubstr("rejected")));
  EXPECT_THAT(DemoScreen(tally, {}, 100, false), HasSubstr("two rejected: moved is 0.2"));
}

TEST(DemoScreenTest, SaysWhenNothingMoreWillCome) {
  DemoFigures figures;
  EXPECT_THAT(DemoScreen({}, figures, 100, false), Not(HasSubstr("reached today")));
  figures.ended = true;
  EXPECT_THAT(DemoScreen({}, figures, 100, false), HasSubstr("reached today; Ctrl-C ends"));
  EXPECT_THAT(DemoLine({}, figures), HasSubstr("reached today; Ctrl-C ends\n"));
}

}  // namespace
}  // namespace segmentd::app
