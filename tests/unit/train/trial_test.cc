#include "segmentd/train/trial.h"

#include <gtest/gtest.h>

#include <memory>

#include "support/bundles.h"
#include "trainer_harness.h"

namespace segmentd::train {
namespace {

using Held = learn::Reservoir::Held;

// A customer with so many orders of the last month.
Held WithOrders(std::uint64_t customer, int orders) {
  const auto record = std::make_unique<feature::Record>();
  event::Event event;
  event.amount = 20;
  for (int i = 0; i < orders; ++i) {
    event.event_time_ms = 100 * kDayMs + i;
    feature::Fold(event, {}, *record);
  }
  return {std::make_shared<const learn::Row>(SampleOf(customer, *record)), 1};
}

TEST(TrialTest, CountsAsDifferentOnlyWhoIsElsewhereThanHisSegmentWent) {
  const Seat champion = Seat::Take("champion", support::OrdersBundle()).value();
  model::Bundle bundle = *champion.bundle;
  bundle.sequence += 1;
  model::Segment frequent = bundle.segments.back();
  const SegmentId parent = frequent.id;
  frequent.id = SegmentId{bundle.next_segment_id++};
  frequent.centroid(0) += 4;
  bundle.segments.push_back(frequent);
  const std::vector<Held> customers = {WithOrders(1, 1), WithOrders(2, 12), WithOrders(3, 16)};
  const learn::Placed placed = champion.Place(customers).value();

  const auto differing = [&](const model::Bundle& challenger) {
    Trial trial(Seat::Take("challenger", challenger).value(), 0, kDayMs);
    EXPECT_TRUE(trial.Score(customers, *champion.bundle, placed).ok());
    EXPECT_EQ(trial.told().samples, 3U);
    EXPECT_EQ(trial.told().matrix.size(), 3U) << "the matrix shows every move";
    return trial.told().differing;
  };
  EXPECT_EQ(differing(bundle), 1U);
  bundle.lineage.push_back({bundle.sequence, model::Lineage::Kind::kSplit, parent, frequent.id, 1});
  EXPECT_EQ(differing(bundle), 0U);
}

}  // namespace
}  // namespace segmentd::train
