#include "segmentd/segment/explanation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "segment/phrase.h"

namespace segmentd::segment {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::string Fact(const std::string& feature, double value) {
  const Phrase phrase = PhraseOf(feature);
  return FactText(phrase, phrase.unit, value);
}

// A customer between two segments, filled feature by feature.
class ExplanationTest : public ::testing::Test {
 protected:
  // share: how much of the change this feature is to explain (the customer stands on the current
  // segment's mean, the previous one's is further off).
  void Add(const std::string& feature, double value, double previous, double current,
           double share) {
    features_.push_back(feature);
    raw_.push_back(value);
    scaled_.push_back(1);
    current_mean_.push_back(1);
    previous_mean_.push_back(1 - static_cast<float>(std::sqrt(share)));
    previous_typical_.push_back(previous);
    current_typical_.push_back(current);
  }

  Explanation Moved() const {
    return Explain({features_, raw_, scaled_, previous_mean_, current_mean_, previous_typical_,
                    current_typical_, "Loyal", "At risk"},
                   Phrasebook(features_));
  }

  Explanation Entered() const {
    return Explain({features_, raw_, scaled_, {}, current_mean_, {}, current_typical_, "", "New"},
                   Phrasebook(features_));
  }

  std::vector<std::string> features_;
  std::vector<double> raw_;
  std::vector<float> scaled_;
  std::vector<float> previous_mean_;
  std::vector<float> current_mean_;
  std::vector<double> previous_typical_;
  std::vector<double> current_typical_;
};

TEST_F(ExplanationTest, SaysOneReasonInOneSentence) {
  Add("orders_30d", 4, 9, 3, 1);
  const Explanation explanation = Moved();
  ASSERT_EQ(explanation.top.size(), 1U);
  EXPECT_EQ(explanation.top[0].feature, 0);
  EXPECT_EQ(explanation.top[0].value, 4);
  EXPECT_EQ(explanation.top[0].typical_previous, 9);
  EXPECT_EQ(explanation.top[0].typical_current, 3);
  EXPECT_DOUBLE_EQ(explanation.top[0].contribution, 1);
  EXPECT_EQ(explanation.text, "4 orders in the last 30 days; members of Loyal typically have 9.");
}

TEST_F(ExplanationTest, SaysTwoReasonsThatTellDifferentStories) {
  Add("orders_90d", 0, 3, 0, 0.24);
  Add("idle_days", 41.2, 9, 47, 0.5);
  Add("orders_30d", 0, 1, 0, 0.2);
  EXPECT_EQ(Moved().text,
            "41.2 days since the last order and 0 orders in the last 90 days; "
            "members of Loyal typically have 9 days and 3.");
}

TEST_F(ExplanationTest, LeavesOutASecondReasonOfTheSameStoryOrOfLittleWeight) {
  Add("spend_30d", 12.5, 250, 10, 0.6);
  Add("spend_h30d", 12.5, 250, 10, 0.3);
  Add("basket", 1, 4, 1, 0.1);
  EXPECT_EQ(Moved().text,
            "12.50 spent in the last 30 days; members of Loyal typically have 250.00.");
}

TEST_F(ExplanationTest, ComparesAFirstAssignmentWithTheSegmentEntered) {
  Add("category_share_home_garden", 0.8, 0.1, 0.75, 1);
  const Explanation explanation = Entered();
  ASSERT_EQ(explanation.top.size(), 1U);
  EXPECT_TRUE(std::isnan(explanation.top[0].typical_previous));
  EXPECT_EQ(explanation.text, "80% of spend in home garden; members of New typically have 75%.");
}

TEST_F(ExplanationTest, GivesAtMostFiveReasonsTheLargestFirstAndNoneTooSmall) {
  const double shares[] = {0.005, 0.3, 0.05, 0.2, 0.1, 0.15, 0.195};
  for (std::size_t i = 0; i < std::size(shares); ++i) {
    Add("orders_" + std::to_string(i + 1) + "d", 1, 2, 1, shares[i]);
  }
  const Explanation explanation = Moved();
  ASSERT_EQ(explanation.top.size(), 5U);
  const int expected[] = {1, 3, 6, 5, 4};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(explanation.top[i].feature, expected[i]);
    EXPECT_NEAR(explanation.top[i].contribution, shares[static_cast<std::size_t>(expected[i])],
                1e-6);
  }
}

TEST_F(ExplanationTest, SharesOnlyWhatSpeaksForTheChange) {
  Add("orders_30d", 4, 9, 3, 1);
  Add("aov", 20, 20, 90, 1);
  previous_mean_[1] = 1;  // as the previous segment, unlike the current one
  current_mean_[1] = 3;
  const Explanation explanation = Moved();
  ASSERT_EQ(explanation.top.size(), 1U);
  EXPECT_DOUBLE_EQ(explanation.top[0].contribution, 1);
}

TEST_F(ExplanationTest, SaysThatAValueIsMissing) {
  Add("gap_mean_days", kMissing, 12, kMissing, 1);
  const Explanation explanation = Moved();
  EXPECT_TRUE(std::isnan(explanation.top[0].value));
  EXPECT_EQ(explanation.text,
            "No usual gap between orders on record; members of Loyal typically have 12 days.");
}

TEST_F(ExplanationTest, DoesWithoutATypicalValueThatIsMissing) {
  Add("discount_share", 0.35, kMissing, 0.3, 1);
  EXPECT_EQ(Moved().text, "35% taken off by discounts, which fits At risk better than Loyal.");
  Add("idle_days", 3, 20, 2, 0.9);
  EXPECT_EQ(Moved().text, "35% taken off by discounts, which fits At risk better than Loyal.");
}

TEST_F(ExplanationTest, ReadsProfileAttributesAsWords) {
  Add("region_north", 1, 0, 1, 1);
  EXPECT_EQ(Moved().text, "Region north, which fits At risk better than Loyal.");
  EXPECT_EQ(Entered().text, "Region north, which fits New best.");
  raw_[0] = 0;
  EXPECT_EQ(Moved().text, "Not region north, which fits At risk better than Loyal.");
}

TEST_F(ExplanationTest, ReadsProfileNumbersAsNumbers) {
  Add("household_size", 1, 3, 1, 1);
  EXPECT_EQ(Moved().text, "Household size of 1; members of Loyal typically have 3.");
}

TEST_F(ExplanationTest, HasWordsWhenNothingSpeaksForTheChange) {
  Add("orders_30d", 4, 9, 3, 0);
  const Explanation explanation = Moved();
  EXPECT_TRUE(explanation.top.empty());
  EXPECT_EQ(explanation.text, "Closest to At risk.");
}

TEST_F(ExplanationTest, IsNotConfusedByBracesInNames) {
  Add("channel_share_{0}{", 0.5, 0.1, 0.6, 1);
  EXPECT_EQ(Moved().text, "50% of orders through 0; members of Loyal typically have 10%.");
}

TEST(PhraseTest, HasWordsForTheWholeCatalogue) {
  const std::pair<const char*, const char*> facts[] = {
      {"idle_days", "2 days since the last order"},
      {"tenure_days", "2 days since the first order"},
      {"orders_7d", "2 orders in the last 7 days"},
      {"spend_360d", "2.00 spent in the last 360 days"},
      {"refunds_90d", "2 refunds in the last 90 days"},
      {"orders_h30d", "2 orders lately (half-life 30 days)"},
      {"spend_h180d", "2.00 spent lately (half-life 180 days)"},
      {"aov", "an average order of 2.00"},
      {"basket", "2 items per order"},
      {"discount_share", "200% taken off by discounts"},
      {"refund_share", "200% of orders refunded"},
      {"weekend_share", "200% of orders at weekends"},
      {"gap_mean_days", "2 days between orders on average"},
      {"gap_cv", "gaps between orders that vary by 200%"},
      {"trend", "an order trend of 2"},
      {"category_share_toys", "200% of spend in toys"},
      {"category_share_other", "200% of spend in other categories"},
      {"channel_share_web", "200% of orders through web"},
      {"channel_share_other", "200% of orders through other channels"},
      {"frequency", "2 days with a repeat purchase"},
      {"recency_weeks", "2 weeks from the first to the last order"},
      {"age_weeks", "2 weeks since the week of the first order"},
      {"monetary", "2.00 spent per repeat purchase day"},
      {"age", "age of 2"},
      {"orders_soon", "orders soon of 2"},
  };
  for (const auto& [feature, fact] : facts) {
    EXPECT_EQ(Fact(feature, 2), fact);
    EXPECT_TRUE(Fact(feature, kMissing).starts_with("no ")) << feature;
  }
}

TEST(PhraseTest, CountsOneAsOne) {
  EXPECT_EQ(Fact("orders_30d", 1), "1 order in the last 30 days");
  EXPECT_EQ(Fact("idle_days", 1), "1 day since the last order");
  EXPECT_EQ(AmountText(Unit::kDays, 0), "0 days");
}

TEST(PhraseTest, WritesAsManyDigitsAsOneCompares) {
  EXPECT_EQ(AmountText(Unit::kNumber, 0.456), "0.46");
  EXPECT_EQ(AmountText(Unit::kNumber, -0.001), "0");
  EXPECT_EQ(AmountText(Unit::kNumber, 4.56), "4.6");
  EXPECT_EQ(AmountText(Unit::kNumber, 1234.5), "1234");
  EXPECT_EQ(AmountText(Unit::kPercent, 0.345), "34%");
  EXPECT_EQ(AmountText(Unit::kPercent, 0.004), "0.4%");
  EXPECT_EQ(AmountText(Unit::kMoney, 59.9), "59.90");
}

}  // namespace
}  // namespace segmentd::segment
