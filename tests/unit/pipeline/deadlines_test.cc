#include "segmentd/pipeline/deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "segmentd/base/ids.h"

namespace segmentd::pipeline {
namespace {

constexpr std::int64_t kPurchaseMs = 1'790'000'000'000;

feature::Record Bought() {
  feature::Record record;
  record.events = record.orders = 1;
  record.as_of_ms = record.last_event_ms = record.last_purchase_ms = kPurchaseMs;
  return record;
}

TEST(DeadlinesTest, LooksDailyAtFirstThenEachTimeAQuarterLater) {
  const Deadlines deadlines({});
  std::int64_t at_ms = kPurchaseMs;
  std::vector<double> days;
  for (int i = 0; i < 8; ++i) {
    at_ms = deadlines.Next(Bought(), true, at_ms).at_ms;
    days.push_back(static_cast<double>(at_ms - kPurchaseMs) / kDayMs);
  }
  EXPECT_EQ(days, (std::vector<double>{1, 2, 3, 4, 5, 6.25, 7.8125, 9.765625}));
}

TEST(DeadlinesTest, LooksAbout26TimesInTheFirstSilentYear) {
  const Deadlines deadlines({});
  int looks = 0;
  for (std::int64_t at_ms = kPurchaseMs; at_ms < kPurchaseMs + 365 * kDayMs; ++looks) {
    at_ms = deadlines.Next(Bought(), true, at_ms).at_ms;
  }
  EXPECT_NEAR(looks, 26, 3);
}

TEST(DeadlinesTest, EndsAfterCenturiesAndBeginsWithTheFirstFromAnyPast) {
  const Deadlines deadlines({});
  EXPECT_EQ(deadlines.Next(Bought(), true, kPurchaseMs + 400 * 365 * kDayMs).at_ms, kNever);
  EXPECT_EQ(deadlines.Next(Bought(), true, INT64_MIN).at_ms, kPurchaseMs + kDayMs);
}

TEST(DeadlinesTest, TheNewestIsTheOneBeforeTheNext) {
  const Deadlines deadlines({});
  EXPECT_EQ(deadlines.Newest(Bought(), true, kPurchaseMs + kDayMs - 1), INT64_MIN);
  EXPECT_EQ(deadlines.Newest(Bought(), true, kPurchaseMs + kDayMs), kPurchaseMs + kDayMs);
  EXPECT_EQ(deadlines.Newest(Bought(), true, kPurchaseMs + 6 * kDayMs), kPurchaseMs + 5 * kDayMs);
}

TEST(DeadlinesTest, WhoNoModelScoresOrNeverBoughtDoesNotAge) {
  const Deadlines deadlines({});
  EXPECT_EQ(deadlines.Next(Bought(), false, kPurchaseMs).at_ms, kNever);
  feature::Record visitor = Bought();
  visitor.orders = 0;
  EXPECT_EQ(deadlines.Next(visitor, true, kPurchaseMs).at_ms, kNever);
}

TEST(DeadlinesTest, ExpiryCountsFromTheLastEventAndComesEvenIfItWasMissed) {
  const Deadlines deadlines({.expire_after_ms = 100 * kDayMs, .parameters = {}, .thresholds = {}});
  feature::Record record = Bought();
  record.last_event_ms += 3 * kDayMs;  // a visit
  const Deadline late = deadlines.Next(record, true, kPurchaseMs + 1000 * kDayMs);
  EXPECT_EQ(late.kind, TimerKind::kExpiry);
  EXPECT_EQ(late.at_ms, kPurchaseMs + 103 * kDayMs);
  EXPECT_EQ(deadlines.Next(record, false, kPurchaseMs).kind, TimerKind::kExpiry);
  EXPECT_EQ(deadlines.Next(record, true, kPurchaseMs).kind, TimerKind::kAgeing);
  EXPECT_EQ(deadlines.Next(feature::Record(), true, kPurchaseMs).at_ms, kNever);
}

// Of a customer who has bought once a week for ten weeks.
feature::Record Regular() {
  feature::Record record = Bought();
  record.events = record.orders = record.purchase_days = 11;
  record.first_purchase_ms = kPurchaseMs - 70 * kDayMs;
  record.gross = 220;
  record.first_day_gross = 20;
  return record;
}

DeadlineRules Scored() {
  DeadlineRules rules;
  rules.parameters.kind = risk::Kind::kMbgNbd;
  rules.parameters.r = rules.parameters.alpha = rules.parameters.a = 1;
  rules.parameters.b = 3;
  rules.parameters.spend_mean = 20;
  rules.thresholds = {.horizon_weeks = 2, .enter = 0.5, .leave = 0.6, .lapsed = 0.2};
  return rules;
}

std::vector<Deadline> Until(const Deadlines& deadlines, const feature::Record& record,
                            std::int64_t until_ms) {
  std::vector<Deadline> found;
  for (Deadline next = deadlines.Next(record, true, record.as_of_ms); next.at_ms <= until_ms;
       next = deadlines.Next(record, true, next.at_ms)) {
    found.push_back(next);
  }
  return found;
}

TEST(DeadlinesTest, LooksWhereTheScoreFallsBelowAThreshold) {
  const DeadlineRules rules = Scored();
  const feature::Record record = Regular();
  int crossings = 0;
  for (const Deadline& deadline :
       Until(Deadlines(rules), record, record.last_purchase_ms + 200 * kDayMs)) {
    if (deadline.kind != TimerKind::kRisk) continue;
    ++crossings;
    const auto score = [&](std::int64_t at_ms) {
      const double weeks = static_cast<double>(at_ms - kPurchaseMs) / (7.0 * kDayMs);
      return risk::ActiveProbability(rules.parameters, {10, 10, 10 + weeks, 20}, 2);
    };
    const double threshold = score(deadline.at_ms) < rules.thresholds.lapsed
                                 ? rules.thresholds.lapsed
                                 : std::min(rules.thresholds.enter, 0.6 * score(kPurchaseMs));
    EXPECT_LT(score(deadline.at_ms), threshold);
    EXPECT_GE(score(deadline.at_ms - 1), threshold) << "the first millisecond";
  }
  EXPECT_EQ(crossings, 2);
}

TEST(DeadlinesTest, ACrossingIsTheSameInstantWhereverOneLooksFrom) {
  const Deadlines deadlines(Scored());
  const feature::Record record = Regular();
  const std::int64_t end_ms = record.last_purchase_ms + 200 * kDayMs;
  const std::vector<Deadline> all = Until(deadlines, record, end_ms);
  for (std::int64_t from_ms = record.as_of_ms; from_ms < all.back().at_ms; from_ms += 5'432'109) {
    const auto due = std::find_if(all.begin(), all.end(),
                                  [&](const Deadline& at) { return at.at_ms > from_ms; });
    ASSERT_EQ(deadlines.Next(record, true, from_ms).at_ms, due->at_ms);
    const std::int64_t newest = due == all.begin() ? INT64_MIN : (due - 1)->at_ms;
    ASSERT_EQ(deadlines.Newest(record, true, from_ms), newest);
  }
}

TEST(DeadlinesTest, NobodyIsLookedAtWithinADayOfAPurchase) {
  DeadlineRules rules = Scored();
  rules.thresholds.horizon_weeks = 1;
  rules.thresholds.enter = rules.thresholds.leave = 1;
  EXPECT_EQ(Deadlines(rules).Next(Regular(), true, kPurchaseMs).at_ms, kPurchaseMs + kDayMs);
}

}  // namespace
}  // namespace segmentd::pipeline
