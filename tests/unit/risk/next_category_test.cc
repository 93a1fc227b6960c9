#include "segmentd/risk/next_category.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace segmentd::risk {
namespace {

using testing::ElementsAre;

// Rows 0 to 4 of a snapshot; 100 customers have bought something.
const std::vector<CategoryProfile> kSegment = {{"grocery", 0, 0.5, 90, 100},
                                               {"books", 1, 0.2, 60, 100},
                                               {"toys", 2, 0.1, 40, 100},
                                               {"garden", 3, 0.1, 30, 100},
                                               {"rare", 4, 0.1, 19, 100}};

std::vector<std::string> Offered(const std::vector<double>& shares, double orders) {
  std::vector<std::string> names;
  for (const NextCategory& offer : NextCategories(kSegment, shares, orders)) {
    names.emplace_back(offer.name);
  }
  return names;
}

TEST(NextCategoryTest, OffersWhatTheOthersBuyAndTheCustomerDoesNot) {
  EXPECT_THAT(Offered({1, 0, 0, 0, 0}, 10), ElementsAre("books", "toys", "garden"));
  EXPECT_THAT(Offered({0, 0, 0, 1, 0}, 10), ElementsAre("grocery", "books", "toys"));
}

TEST(NextCategoryTest, OffersNothingToACustomerWhoBuysAsTheOthersDo) {
  EXPECT_THAT(Offered({0.5, 0.2, 0.1, 0.1, 0.1}, 100), ElementsAre());
}

TEST(NextCategoryTest, DoesNotConcludeMuchFromFewOrders) {
  EXPECT_THAT(Offered({0.4, 0.3, 0.1, 0.2, 0}, 1), ElementsAre());
  const auto offers = NextCategories(kSegment, std::vector<double>{1, 0, 0, 0, 0}, 1);
  ASSERT_FALSE(offers.empty());
  EXPECT_NEAR(offers[0].lift, 4.0 / 3, 1e-12);
}

TEST(NextCategoryTest, SaysHowManyBuyIt) {
  const auto offers = NextCategories(kSegment, std::vector<double>{1, 0, 0, 0, 0}, 3);
  ASSERT_EQ(offers.size(), 3U);
  EXPECT_EQ(offers[0].p, 0.6);
  EXPECT_DOUBLE_EQ(offers[0].lift, 2);
  EXPECT_EQ(offers[0].customers, 60U);
}

TEST(NextCategoryTest, OffersNothingBeforeTheFirstPurchase) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(Offered(std::vector<double>(5, missing), 0), ElementsAre());
}

}  // namespace
}  // namespace segmentd::risk
