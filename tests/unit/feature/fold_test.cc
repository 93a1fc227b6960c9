#include "segmentd/feature/fold.h"

#include <gtest/gtest.h>

#include "histories.h"
#include "segmentd/feature/purchase_days.h"

namespace segmentd::feature {
namespace {

double ValueOf(const std::string& name, const Record& record, std::int64_t as_of_ms) {
  const std::vector<std::string> names = {name};
  double value = 0;
  FeatureSet::Compile(names, {}, {})->Snapshot(record, as_of_ms, {&value, 1});
  return value;
}

double ValueOf(const std::string& name, const Record& record) {
  return ValueOf(name, record, record.as_of_ms);
}

Record FoldAll(const std::vector<event::Event>& events) {
  Record record;
  for (const event::Event& event : events) Fold(event, {}, record);
  return record;
}

TEST(FoldTest, CountsAnIdOnceWhileItIsAmongThe32Newest) {
  Record record;
  for (int i = 0; i < 32; ++i) {
    EXPECT_EQ(Fold(Purchase(kStart + i, 1, std::to_string(i)), {}, record), FoldResult::kApplied);
  }
  const std::string before = Encoded(record);
  EXPECT_EQ(Fold(Purchase(kStart + 99, 1, "0"), {}, record), FoldResult::kDuplicate);
  EXPECT_EQ(Encoded(record), before) << "a duplicate leaves no trace, and does not renew its place";
  EXPECT_EQ(Fold(Purchase(kStart + 32, 1, "32"), {}, record), FoldResult::kApplied);
  EXPECT_EQ(Fold(Purchase(kStart + 33, 1, "1"), {}, record), FoldResult::kDuplicate);
  EXPECT_EQ(Fold(Purchase(kStart + 33, 1, "0"), {}, record), FoldResult::kApplied);
  EXPECT_EQ(record.orders, 34U);
}

TEST(FoldTest, CountsEveryEventWithoutAnId) {
  const Record record = FoldAll({Purchase(kStart, 5), Purchase(kStart, 5)});
  EXPECT_EQ(record.orders, 2U);
  EXPECT_EQ(record.id_count, 0);
}

TEST(FoldTest, NeverMovesBackForALateEvent) {
  Record record = FoldAll({Purchase(kStart, 10)});
  record.as_of_ms = kStart + 5 * kDayMs;  // a timer
  EXPECT_EQ(Fold(Purchase(kStart + kDayMs, 1), {}, record), FoldResult::kLate);
  EXPECT_EQ(Fold(Purchase(kStart - kDayMs, 1), {}, record), FoldResult::kLate);
  EXPECT_EQ(record.as_of_ms, kStart + 5 * kDayMs);
  EXPECT_EQ(record.last_event_ms, kStart + kDayMs);
  EXPECT_EQ(record.last_purchase_ms, kStart + kDayMs);
  EXPECT_EQ(record.first_purchase_ms, kStart - kDayMs);
  EXPECT_EQ(Fold(Purchase(kStart + 5 * kDayMs, 1), {}, record), FoldResult::kApplied);
}

TEST(FoldTest, TakesAFirstEventBefore1970AsInTime) {
  Record record;
  EXPECT_EQ(Fold(Purchase(-1, 10), {}, record), FoldResult::kApplied);
  EXPECT_EQ(record.as_of_ms, -1);
  EXPECT_EQ(ValueOf("orders_7d", record, 6 * kDayMs - 1), 1);
  EXPECT_EQ(ValueOf("orders_7d", record, 6 * kDayMs), 0) << "day -1 is seven days before day 6";
}

TEST(FoldTest, TakesAVisitForActivityWithoutMoney) {
  const Record record = FoldAll({Purchase(kStart, 10), Visit(kStart + 3 * kDayMs)});
  EXPECT_EQ(record.events, 2U);
  EXPECT_EQ(record.orders, 1U);
  EXPECT_EQ(record.last_event_ms, kStart + 3 * kDayMs);
  EXPECT_EQ(ValueOf("idle_days", record), 3);
  EXPECT_EQ(ValueOf("orders_7d", record), 1);
  EXPECT_EQ(ValueOf("aov", record), 10);
}

TEST(FoldTest, SubtractsARefundFromSpendButNotFromGross) {
  const Record record =
      FoldAll({Purchase(kStart, 10.10), Purchase(kStart, 20.20), Refund(kStart, 30.30)});
  EXPECT_EQ(ValueOf("spend_7d", record), 0);
  EXPECT_NEAR(ValueOf("spend_h7d", record), 0, 1e-12);
  EXPECT_EQ(ValueOf("refunds_360d", record), 1);
  EXPECT_EQ(ValueOf("aov", record), 15.15);
  EXPECT_EQ(ValueOf("refund_share", record), 0.5);
}

TEST(FoldTest, KeepsSumsOfACustomerWhoOnlyReturnsThings) {
  const Record record = FoldAll({Refund(kStart, 7.5), Visit(kStart + 1)});
  EXPECT_EQ(ValueOf("spend_30d", record), -7.5);
  EXPECT_EQ(ValueOf("orders_30d", record), 0);
  EXPECT_EQ(ValueOf("refunds_30d", record), 1);
  for (const char* name :
       {"idle_days", "tenure_days", "aov", "basket", "discount_share", "refund_share",
        "weekend_share", "gap_mean_days", "gap_cv", "trend", "frequency", "recency_weeks",
        "age_weeks", "monetary", "category_share_other"}) {
    EXPECT_TRUE(std::isnan(ValueOf(name, record))) << name;
  }
}

TEST(FoldTest, TakesSeveralPurchasesOfAUtcDayForOnePurchaseDay) {
  const std::int64_t midnight = 19'700 * kDayMs;
  const Record record =
      FoldAll({Purchase(midnight, 1), Purchase(midnight + kDayMs - 1, 2),
               Purchase(midnight + kDayMs, 4), Purchase(midnight + 4 * kDayMs, 8)});
  EXPECT_EQ(record.purchase_days, 3U);
  EXPECT_EQ(ValueOf("frequency", record), 2);
  EXPECT_EQ(ValueOf("gap_mean_days", record), 2);
  EXPECT_EQ(ValueOf("gap_cv", record), 0.5);
  EXPECT_EQ(ValueOf("monetary", record), 6);
  EXPECT_EQ(ValueOf("recency_weeks", record), 4.0 / 7);
}

TEST(FoldTest, TellsPurchaseDaysAsTheFeaturesDo) {
  const Record record = FoldAll(
      {Purchase(kStart, 10), Purchase(kStart + 9 * kDayMs, 30), Visit(kStart + 20 * kDayMs)});
  const PurchaseDays days = PurchaseDaysOf(record, record.as_of_ms);
  EXPECT_EQ(days.frequency, ValueOf("frequency", record));
  EXPECT_EQ(days.recency_weeks, ValueOf("recency_weeks", record));
  EXPECT_EQ(days.age_weeks, ValueOf("age_weeks", record));
  EXPECT_EQ(days.monetary, ValueOf("monetary", record));
}

TEST(FoldTest, FollowsAFirstDayThatArrivesLate) {
  Record record = FoldAll({Purchase(kStart, 10), Purchase(kStart + 2 * kDayMs, 20)});
  EXPECT_EQ(ValueOf("monetary", record), 20);
  Fold(Purchase(kStart - 3 * kDayMs, 5), {}, record);
  EXPECT_EQ(record.first_day_gross, 5);
  EXPECT_EQ(ValueOf("monetary", record), 15);
  Fold(Purchase(kStart - 3 * kDayMs + 1, 2), {}, record);
  EXPECT_EQ(record.first_day_gross, 7);
}

TEST(FoldTest, FollowsAFirstDayOlderThanTheListedDays) {
  Record record;
  for (int i = 0; i < 100; ++i) Fold(Purchase(kStart + i * kDayMs, 1), {}, record);
  EXPECT_EQ(record.day_count, kPurchaseDays);
  Fold(Purchase(kStart - 10 * kDayMs, 3), {}, record);
  EXPECT_EQ(ValueOf("frequency", record), 100);
  EXPECT_EQ(ValueOf("recency_weeks", record), 109.0 / 7);
  EXPECT_EQ(record.gap_square_sum, 99U + 100U);
  EXPECT_EQ(ValueOf("monetary", record), 1);
  Fold(Purchase(kStart + 5 * kDayMs, 3), {}, record);
  EXPECT_EQ(ValueOf("frequency", record), 100) << "an old day is taken for a known one";
}

TEST(FoldTest, CountsSaturdaysAndSundays) {
  const std::int64_t thursday = 0;
  std::vector<event::Event> week;
  for (int day = -7; day < 0; ++day) week.push_back(Purchase(thursday + day * kDayMs, 1));
  EXPECT_EQ(ValueOf("weekend_share", FoldAll(week)), 2.0 / 7);
  EXPECT_EQ(ValueOf("weekend_share", FoldAll({Purchase(2 * kDayMs, 1)})), 1) << "1970-01-03";
  EXPECT_EQ(ValueOf("weekend_share", FoldAll({Purchase(4 * kDayMs, 1)})), 0) << "1970-01-05";
}

TEST(FoldTest, EndsWindowsAtBucketEdges) {
  const std::int64_t midnight = 19'710 * kDayMs;  // begins a bucket of every width
  const Record record = FoldAll({Purchase(midnight, 1)});
  const auto lasts = [&](const char* name, int days) {
    EXPECT_EQ(ValueOf(name, record, midnight + days * kDayMs - 1), 1) << name;
    EXPECT_EQ(ValueOf(name, record, midnight + days * kDayMs), 0) << name;
  };
  lasts("orders_7d", 7);
  lasts("orders_30d", 30);
  lasts("orders_90d", 90);
  lasts("orders_360d", 360);
}

TEST(FoldTest, DropsALateEventOlderThanEveryWindowFromTheWindowsAlone) {
  const Record record = FoldAll({Purchase(kStart, 1), Purchase(kStart - 400 * kDayMs, 2)});
  EXPECT_EQ(ValueOf("spend_360d", record), 1);
  EXPECT_EQ(ValueOf("aov", record), 1.5);
  EXPECT_NEAR(ValueOf("spend_h180d", record), 1 + 2 * std::exp2(-400.0 / 180), 1e-12);
}

TEST(FoldTest, SurvivesAbsurdTimesAndAmounts) {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const double huge = std::numeric_limits<double>::max();
  const Record record =
      FoldAll({Purchase(least, huge), Purchase(0, huge), Refund(1, huge), Purchase(most, huge),
               Purchase(least + 1, 5e-324), Purchase(1, 1.0 / 3), Visit(most)});
  EXPECT_EQ(record.purchase_days, 3U);
  EXPECT_EQ(ValueOf("spend_360d", record), huge);
  EXPECT_EQ(ValueOf("orders_360d", record), 1);
  EXPECT_EQ(ValueOf("frequency", record), 2);
  Plan plan;
  plan.profile_numbers.clear();
  for (const std::string& name : FeatureNames(plan, {})) {
    EXPECT_FALSE(std::isinf(ValueOf(name, record))) << name;
  }
  const std::string bytes = Encoded(record);
  ByteReader in(bytes);
  Record back;
  ASSERT_TRUE(DecodeRecord(in, back).ok());
  EXPECT_EQ(Encoded(back), bytes);
}

TEST(FoldTest, KeepsFrozenNamesExactAfterOverflow) {
  const std::uint64_t frozen_name = Hash64("late");
  const FrozenNames frozen{{&frozen_name, 1}, {&frozen_name, 1}};
  Record record;
  for (int i = 0; i < 14; ++i) {
    const std::string name = "n" + std::to_string(i);
    Fold(Purchase(kStart, 100 - i, {}, name, name), frozen, record);
  }
  Fold(Purchase(kStart, 1, {}, "late", "late"), frozen, record);
  Fold(Purchase(kStart, 2.5, {}, "late", "late"), frozen, record);
  Fold(Purchase(kStart, 9, {}, "n11", "n5"), frozen, record);
  const std::vector<std::string> names = {"category_share_late", "category_share_other",
                                          "channel_share_late", "channel_share_other"};
  const FeatureSet set = *FeatureSet::Compile(names, {}, {});
  std::array<double, 4> values;
  set.Snapshot(record, kStart, values);
  EXPECT_EQ(values[0], 3.5 / record.gross);
  EXPECT_EQ(values[1], (record.gross - 3.5) / record.gross);
  EXPECT_EQ(values[2], 2.0 / 17);
  EXPECT_EQ(values[3], 15.0 / 17);
}

TEST(FoldTest, ReplacesTheProfile) {
  Record record;
  event::Profile profile;
  profile.attributes = {{"age", true, 41, {}}, {"region", false, 0, "north"}};
  FoldProfile(profile, record);
  ASSERT_EQ(record.attribute_count, 2);
  EXPECT_EQ(record.attributes[0].number, 41);
  EXPECT_EQ(record.attributes[1].text, Hash64("north"));
  EXPECT_EQ(record.events, 0U);
  FoldProfile({}, record);
  EXPECT_EQ(record.attribute_count, 0);
}

TEST(FoldTest, KeepsNoMoreAttributesThanFitAndNoneThatIsNotFinite) {
  Record record;
  event::Profile profile;
  profile.attributes.assign(20, {"n", true, 1, {}});
  profile.attributes[0].number = std::nan("");
  FoldProfile(profile, record);
  EXPECT_EQ(record.attribute_count, kAttributeSlots);
  EXPECT_EQ(record.attributes[0].number, 1);
}

}  // namespace
}  // namespace segmentd::feature
