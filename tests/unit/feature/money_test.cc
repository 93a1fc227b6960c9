#include "segmentd/feature/money.h"

#include <gtest/gtest.h>

#include "segmentd/base/random.h"

namespace segmentd::feature {
namespace {

TEST(MoneyTest, AddsCentsAsATillWould) {
  EXPECT_EQ(AddMoney(0.1, 0.2), 0.3);
  EXPECT_EQ(AddMoney(1.10, 2.20), 3.30);
  EXPECT_EQ(AddMoney(-0.3, 0.1), -0.2);
  EXPECT_EQ(AddMoney(5.6789, -5.6789), 0);
  EXPECT_FALSE(std::signbit(AddMoney(5.6789, -5.6789)));
}

TEST(MoneyTest, GivesTheNearestDoubleOfTheExactSumInAnyOrder) {
  Random random(1);
  std::int64_t units = 0;
  double sum = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t more =
        static_cast<std::int64_t>(random.Below(20'000'000'000)) - 5'000'000'000;
    units += more;
    sum = AddMoney(sum, static_cast<double>(more) / 1e4);
    ASSERT_EQ(sum, static_cast<double>(units) / 1e4) << "after " << i;
  }
}

TEST(MoneyTest, AddsWhatIsNotDecimalAsUsual) {
  EXPECT_EQ(AddMoney(1.0 / 3, 1.0 / 7), 1.0 / 3 + 1.0 / 7);
  EXPECT_EQ(AddMoney(0.00001, 0.00002), 0.00001 + 0.00002);
  EXPECT_EQ(AddMoney(3e12, 0.25), 3e12 + 0.25);
  EXPECT_FALSE(IsDecimal(0.00001));
  EXPECT_FALSE(IsDecimal(1e11));
  EXPECT_TRUE(IsDecimal(99'999'999'999.9999));
}

TEST(MoneyTest, StaysFiniteAtTheEndOfTheRange) {
  const double most = std::numeric_limits<double>::max();
  EXPECT_EQ(AddMoney(most, most), most);
  EXPECT_EQ(AddMoney(-most, -most), -most);
}

}  // namespace
}  // namespace segmentd::feature
