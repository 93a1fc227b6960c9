#include "segmentd/pipeline/scores.h"

#include <gtest/gtest.h>

#include "segmentd/base/ids.h"
#include "segmentd/feature/fold.h"
#include "segmentd/pipeline/history.h"
#include "support/bundles.h"

namespace segmentd::pipeline {
namespace {

constexpr std::int64_t kNoon = 20'000 * kDayMs + kDayMs / 2;
constexpr risk::Parameters kParameters = {.kind = risk::Kind::kMbgNbd,
                                          .r = 0.5,
                                          .alpha = 6,
                                          .a = 0.9,
                                          .b = 1.6,
                                          .spend_mean = 35,
                                          .spend_weight = 0.8,
                                          .tier_mid = 10,
                                          .tier_high = 100};

feature::Record Bought(const std::vector<std::int64_t>& times) {
  feature::Record record;
  for (const std::int64_t at : times) {
    event::Event event;
    event.event_time_ms = at;
    event.amount = 20;
    feature::Fold(event, {}, record);
  }
  return record;
}

TEST(ScoresTest, CountsSilenceToTheMoment) {
  const feature::Record record = Bought({kNoon, kNoon + 14 * kDayMs});
  const risk::History now = HistoryOf(record, record.last_purchase_ms);
  EXPECT_EQ(now.frequency, 1);
  EXPECT_EQ(now.recency_weeks, 2);
  EXPECT_EQ(now.age_weeks, 2);
  EXPECT_EQ(now.monetary, 20);
  const risk::History later = HistoryOf(record, record.last_purchase_ms + kDayMs / 2);
  EXPECT_DOUBLE_EQ(later.age_weeks, 2 + 0.5 / 7);
}

TEST(ScoresTest, FallsFromThePriorScoreWithSilence) {
  model::Bundle bundle = support::OrdersBundle();
  bundle.risk = kParameters;
  const auto model = support::LoadModel(bundle);
  const risk::Thresholds thresholds;
  const Risk risk(model.get(), thresholds);
  ASSERT_TRUE(risk.on());
  const feature::Record record = Bought({kNoon, kNoon + 14 * kDayMs});
  const auto after = [&](std::int64_t silence_ms) {
    return risk.Of(HistoryOf(record, record.last_purchase_ms + silence_ms));
  };
  EXPECT_EQ(after(0).score, after(0).prior_score);
  EXPECT_LT(after(1).score, after(0).score) << "a millisecond counts";
  const Scores late = after(100 * kDayMs);
  EXPECT_LT(late.score, 0.6 * late.prior_score);
  EXPECT_EQ(late.prior_score, after(0).prior_score);
  EXPECT_LT(late.clv_365d, after(0).clv_365d);
  EXPECT_EQ(late.tier, after(0).tier);
}

TEST(ScoresTest, SaysNothingWithoutParameters) {
  const auto model = support::LoadModel(support::OrdersBundle());
  const risk::Thresholds thresholds;
  EXPECT_FALSE(Risk(model.get(), thresholds).on());
  EXPECT_FALSE(Risk(nullptr, thresholds).on());
}

}  // namespace
}  // namespace segmentd::pipeline
