// What a model learns of customers beside their segments.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archetypes.h"
#include "segmentd/train/trainer.h"

namespace segmentd::train {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(FitModelTest, KnowsWhatTheCustomersOfASegmentBuy) {
  const auto fit = FitModel(HistoryOf(Archetypes(400)), SmallOptions(), {});
  ASSERT_TRUE(fit.ok());
  std::uint64_t grocery_buyers = 0;
  for (const model::Segment& segment : fit->bundle.segments) {
    ASSERT_EQ(segment.categories.size(), 4U);
    double shares = 0;
    for (const risk::CategoryProfile& category : segment.categories) {
      EXPECT_EQ(fit->bundle.features[static_cast<std::size_t>(category.feature)],
                "category_share_" + category.name);
      shares += category.share;
      if (category.name == "grocery") {
        grocery_buyers += category.customers;
        EXPECT_NEAR(category.share * static_cast<double>(category.of),
                    static_cast<double>(category.customers), 1e-9);
      }
    }
    EXPECT_NEAR(shares, 1, 1e-9);
  }
  // A customer may be in one segment while buying and in another one in silence.
  EXPECT_GE(grocery_buyers, 100U);
  EXPECT_LE(grocery_buyers, 200U);
}

TEST(FitModelTest, LearnsRiskAndValueWhateverThePlan) {
  const std::vector<Kept> events = Archetypes(400);
  const auto whole = FitModel(HistoryOf(events), SmallOptions(), {});
  Options options = SmallOptions();
  options.plan.exclude = {"frequency", "recency_weeks", "age_weeks", "monetary"};
  const auto part = FitModel(HistoryOf(events), options, {});
  ASSERT_TRUE(whole.ok() && part.ok());
  EXPECT_NE(whole->bundle.risk.kind, risk::Kind::kNone);
  EXPECT_EQ(whole->report.risk.customers, 400U);
  EXPECT_EQ(whole->bundle.risk.r, part->bundle.risk.r);
  EXPECT_EQ(whole->bundle.risk.tier_high, part->bundle.risk.tier_high);
  EXPECT_GT(whole->bundle.risk.tier_high, whole->bundle.risk.tier_mid);
}

TEST(FitModelTest, KnowsTheCurrencyThatAllPurchasesAreIn) {
  const std::vector<Kept> events = Archetypes(100);
  const auto currency_with = [&](const std::vector<std::string>& named) {
    History history;
    for (std::size_t i = 0; i < events.size(); ++i) {
      event::Event event = events[i].View();
      event.currency = named[i % named.size()];
      history.Add(event);
    }
    const auto fit = FitModel(history, SmallOptions(), {});
    return fit.ok() ? fit->bundle.currency : fit.error().message;
  };
  EXPECT_EQ(currency_with({"EUR"}), "EUR");
  EXPECT_EQ(currency_with({"", "EUR", ""}), "EUR");
  EXPECT_EQ(currency_with({"EUR", "USD"}), "");
  EXPECT_EQ(currency_with({""}), "");
  EXPECT_EQ(currency_with({"pieces of eight"}), "");
  EXPECT_EQ(currency_with({"\xff"}), "");
}

TEST(FitModelTest, SaysWhenThereIsTooLittleToLearnRiskFrom) {
  const auto fit = FitModel(HistoryOf(Archetypes(60)), SmallOptions(), {});
  ASSERT_TRUE(fit.ok());
  EXPECT_EQ(fit->bundle.risk.kind, risk::Kind::kNone);
  EXPECT_THAT(fit->report.notes, Contains(HasSubstr("too few to learn who is still a customer")));
}

}  // namespace
}  // namespace segmentd::train
