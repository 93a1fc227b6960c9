#include "segmentd/feature/feature_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "histories.h"

namespace segmentd::feature {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;

TEST(FeatureNamesTest, FollowTheOrderOfTheCatalogue) {
  const Vocabulary vocabulary{{"grocery", "other", "garden"}, {"web"}, {{"north", "south"}, {"f"}}};
  EXPECT_THAT(FeatureNames(Plan{}, vocabulary),
              ElementsAre("idle_days", "tenure_days", "orders_7d", "orders_30d", "orders_90d",
                          "orders_360d", "spend_7d", "spend_30d", "spend_90d", "spend_360d",
                          "refunds_7d", "refunds_30d", "refunds_90d", "refunds_360d", "orders_h7d",
                          "orders_h30d", "orders_h180d", "spend_h7d", "spend_h30d", "spend_h180d",
                          "aov", "basket", "discount_share", "refund_share", "weekend_share",
                          "gap_mean_days", "gap_cv", "trend", "category_share_grocery",
                          "category_share_garden", "category_share_other", "channel_share_web",
                          "channel_share_other", "frequency", "recency_weeks", "age_weeks",
                          "monetary", "age", "income", "region_north", "region_south", "gender_f"));
}

TEST(FeatureNamesTest, ShowOnlyTheOtherSharesWithoutAVocabulary) {
  Plan plan;
  plan.exclude = {"o*",
                  "s*",
                  "r*",
                  "g*",
                  "idle_days",
                  "tenure_days",
                  "a*",
                  "basket",
                  "discount_share",
                  "weekend_share",
                  "trend",
                  "frequency",
                  "monetary",
                  "income"};
  EXPECT_THAT(FeatureNames(plan, {}), ElementsAre("category_share_other", "channel_share_other"));
}

TEST(FeatureNamesTest, SelectWindowsHalfLivesAndLimits) {
  Plan plan;
  plan.windows_days = {90};
  plan.half_lives_days = {180, 30};
  plan.categories = 1;
  plan.channels = 0;
  plan.profile_numbers = {};
  plan.profile_values = 1;
  plan.exclude = {"idle_days", "tenure_days",  "*_share",  "aov",     "basket",
                  "discount*", "refund_share", "weekend*", "gap*",    "trend",
                  "frequency", "recency*",     "age*",     "monetary"};
  const Vocabulary vocabulary{{"a", "b"}, {"web"}, {{"north", "south"}, {}}};
  EXPECT_THAT(FeatureNames(plan, vocabulary),
              ElementsAre("orders_90d", "spend_90d", "refunds_90d", "orders_h30d", "orders_h180d",
                          "spend_h30d", "spend_h180d", "category_share_a", "category_share_other",
                          "channel_share_other", "region_north"));
}

TEST(FeatureSetTest, CompilesEveryNameOfThePlan) {
  const Plan plan;
  const Vocabulary vocabulary{{"grocery"}, {"web"}, {{"north"}, {"f"}}};
  const std::vector<std::string> names = FeatureNames(plan, vocabulary);
  const auto set = FeatureSet::Compile(names, plan.profile_numbers, plan.profile_names);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->names(), names);
  EXPECT_EQ(set->shapes().size(), names.size());
  EXPECT_EQ(set->shapes().front(), Shape::kHeavyTail);
  EXPECT_EQ(set->shapes().back(), Shape::kFlag);
  EXPECT_THAT(set->frozen().categories, ElementsAre(Hash64("grocery")));
  EXPECT_THAT(set->frozen().channels, ElementsAre(Hash64("web")));
}

TEST(FeatureSetTest, NamesTheNearestFeatureForAMistypedOne) {
  const std::vector<std::string> names = {"orders_30"};
  const auto set = FeatureSet::Compile(names, {}, {});
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.error().code, Code::kConfig);
  EXPECT_THAT(set.error().message, HasSubstr("did you mean \"orders_30d\""));
}

TEST(FeatureSetTest, RefusesUnknownAndRepeatedNames) {
  for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{
           {"qqqqqqqq"}, {"aov", "aov"}, {"category_share_"}, {"region_"}, {"region"}}) {
    const std::vector<std::string> attributes = {"region"};
    const auto set = FeatureSet::Compile(names, {}, attributes);
    ASSERT_FALSE(set.ok()) << names[0];
    EXPECT_EQ(set.error().code, Code::kConfig);
  }
}

TEST(FeatureSetTest, ShowsProfileAttributesOrThatTheyAreMissing) {
  const std::vector<std::string> numbers = {"age", "income"};
  const std::vector<std::string> attributes = {"region", "region_code", "gender"};
  const std::vector<std::string> names = {
      "age", "income", "region_north", "region_south", "region_code_north", "gender_f"};
  const FeatureSet set = *FeatureSet::Compile(names, numbers, attributes);
  Record record;
  event::Profile profile;
  profile.attributes = {
      {"region", false, 0, "north"}, {"age", true, 41, {}}, {"region_code", false, 0, "n1"}};
  FoldProfile(profile, record);
  std::array<double, 6> values;
  set.Snapshot(record, kStart, values);
  EXPECT_THAT(values, ElementsAre(41, IsNan(), 1, 0, 0, IsNan()));
}

TEST(FeatureSetTest, CountsNamelessAndUnfrozenEventsAsOther) {
  const std::vector<std::string> names = {"category_share_a", "category_share_other",
                                          "channel_share_web", "channel_share_other"};
  const FeatureSet set = *FeatureSet::Compile(names, {}, {});
  Record record;
  Fold(Purchase(kStart, 10, {}, "a", "web"), set.frozen(), record);
  Fold(Purchase(kStart, 20, {}, "b", "store"), set.frozen(), record);
  Fold(Purchase(kStart, 10), set.frozen(), record);
  Fold(Refund(kStart, 10), set.frozen(), record);
  std::array<double, 4> values;
  set.Snapshot(record, kStart, values);
  EXPECT_THAT(values, ElementsAre(0.25, 0.75, 1.0 / 3, 2.0 / 3));
}

TEST(FeatureSetTest, ShowsNoShareOfNothing) {
  const std::vector<std::string> names = {"category_share_a", "category_share_other",
                                          "channel_share_other", "discount_share", "aov"};
  const FeatureSet set = *FeatureSet::Compile(names, {}, {});
  Record record;
  Fold(Purchase(kStart, 0, {}, "a", "web"), set.frozen(), record);
  std::array<double, 5> values;
  set.Snapshot(record, kStart, values);
  EXPECT_THAT(values, ElementsAre(IsNan(), IsNan(), 1, IsNan(), 0));
}

TEST(FeatureSetTest, DecaysAndComparesPaces) {
  const std::vector<std::string> names = {"orders_h7d", "spend_h30d", "trend", "discount_share"};
  const FeatureSet set = *FeatureSet::Compile(names, {}, {});
  Record record;
  event::Event event = Purchase(kStart, 15);
  event.discount = 5;
  Fold(event, {}, record);
  std::array<double, 4> values;
  set.Snapshot(record, kStart + 30 * kDayMs, values);
  EXPECT_DOUBLE_EQ(values[0], std::exp2(-30.0 / 7));
  EXPECT_DOUBLE_EQ(values[1], 7.5);
  EXPECT_DOUBLE_EQ(values[2], std::log(4 / (std::exp2(-1.0 / 6) + 1)));
  EXPECT_DOUBLE_EQ(values[3], 0.25);
}

}  // namespace
}  // namespace segmentd::feature
