// Goal: whatever customers turn out to be, a retrain from a champion ends with a model that can be
// judged, and never with numbers that are none. Method: a good champion, then rows that are not.
#include <gtest/gtest.h>

#include <cmath>

#include "customers.h"
#include "segmentd/learn/gate.h"

namespace segmentd::learn {
namespace {

const model::Bundle& Champion() {
  static const model::Bundle kChampion =
      Retrain(nullptr, MakeRows({}), SmallOptions(), {}).value().challenger;
  return kChampion;
}

// Retrains and looks at what any model has to be.
Retrained Challenge(const Rows& rows) {
  auto trained = Retrain(&Champion(), rows, SmallOptions(), {});
  EXPECT_TRUE(trained.ok()) << trained.error().message;
  EXPECT_TRUE(trained->report.finite);
  const auto read = model::DecodeBundle(model::EncodeBundle(trained->challenger));
  EXPECT_TRUE(read.ok()) << read.error().message;
  const Verdict verdict = Judge(trained->challenger, trained->report, {});
  EXPECT_TRUE(verdict.accepted || !verdict.reason.empty());
  for (const model::Segment& segment : trained->challenger.segments) {
    EXPECT_LT(segment.id.value(), trained->challenger.next_segment_id);
  }
  EXPECT_GE(trained->challenger.next_segment_id, Champion().next_segment_id);
  return *std::move(trained);
}

TEST(HostileRowsTest, HugeMoneyInfinityAndGapsMoveNobodyElse) {
  Rows rows = MakeRows({});
  Random random(9);
  for (int i = 0; i < 60; ++i) {
    const double strange[] = {kMissing, HUGE_VAL, -HUGE_VAL, 1e300, -1e300, 1e15};
    rows.values(static_cast<Eigen::Index>(random.Below(10)),
                static_cast<Eigen::Index>(random.Below(400))) = strange[i % 6];
  }
  EXPECT_LT(Challenge(rows).report.movement.moved, 0.15) << "of 400, at most 60 are strange";
}

TEST(HostileRowsTest, FeaturesThatHaveBecomeConstantSayNothing) {
  Rows rows = MakeRows({});
  rows.values.row(5).setConstant(0.1);
  rows.values.row(4).setConstant(HUGE_VAL);
  EXPECT_TRUE(Challenge(rows).challenger.scaler.rows[5].constant);
}

TEST(HostileRowsTest, CustomersMayHaveBecomeAllAlike) {
  Rows rows = MakeRows({});
  rows.values = rows.values.col(0).replicate(1, rows.size()).eval();
  Challenge(rows);
  rows.values.setConstant(kMissing);
  Challenge(rows);
}

TEST(HostileRowsTest, ThereMayBeFewerDifferentCustomersThanSegments) {
  Rows rows = MakeRows({.customers = 40});
  for (Eigen::Index i = 0; i < 40; ++i) rows.values.col(i) = rows.values.col(i % 2).eval();
  EXPECT_LE(Challenge(rows).challenger.segments.size(), 2U);
}

TEST(HostileRowsTest, OneThatWasCutShortLeavesNothingBehind) {
  const Rows rows = MakeRows({.customers = 600, .seed = 2});
  const std::string whole = model::EncodeBundle(Challenge(rows).challenger);
  for (int steps = 0; steps < 8; ++steps) {
    int left = steps;
    const auto cut = Retrain(&Champion(), rows, SmallOptions(),
                             [&](std::string_view, double) { return left-- > 0; });
    if (cut.ok()) break;
    EXPECT_EQ(model::EncodeBundle(Challenge(rows).challenger), whole) << "after " << steps;
  }
}

}  // namespace
}  // namespace segmentd::learn
