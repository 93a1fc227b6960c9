#include "learn/weights.h"

#include <gtest/gtest.h>

#include <cmath>

#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

constexpr int kCustomers = 4'000;

// One row per feature; `value` is called for each customer in turn.
template <typename Value>
std::vector<float> WeightsOf(const Schema& schema, Value value) {
  model::RawMatrix raw(static_cast<Eigen::Index>(schema.features.size()), kCustomers);
  for (Eigen::Index i = 0; i < raw.cols(); ++i) raw.col(i) = value();
  const std::vector<model::ScalerRow> prototypes(schema.features.size());
  model::Scaler scaler = model::FitScaler(raw, prototypes, model::Spread::kStandard);
  Weigh(schema, raw, scaler);
  std::vector<float> weights;
  for (const model::ScalerRow& row : scaler.rows) weights.push_back(row.weight);
  return weights;
}

TEST(WeightsTest, WindowsThatSayTheSameWeighAsOne) {
  Random random(1);
  const auto weights = WeightsOf(
      {{"orders_7d", "idle_days", "orders_30d", "orders_90d", "orders_360d"}, {}, {}}, [&] {
        const double orders = random.Normal();
        return Eigen::Vector<double, 5>(orders, random.Normal(), 2 * orders, 3 * orders,
                                        orders - 7);
      });
  EXPECT_EQ(weights[1], 1);
  for (const int i : {0, 2, 3, 4}) EXPECT_NEAR(weights[static_cast<std::size_t>(i)], 0.5, 1e-3);
}

TEST(WeightsTest, SharesThatSaySomethingOfTheirOwnWeighAsManyAsTheyAre) {
  Random random(1);
  const auto weights =
      WeightsOf({{"category_share_a", "category_share_b", "category_share_c"}, {}, {}},
                [&] { return Eigen::Vector3d(random.Normal(), random.Normal(), random.Normal()); });
  for (const float weight : weights) EXPECT_NEAR(weight, 1, 0.01);
}

TEST(WeightsTest, OneThatNeverVariesTakesNoPartInItsBlock) {
  Random random(1);
  const auto weights = WeightsOf({{"spend_7d", "spend_30d", "spend_90d"}, {}, {}}, [&] {
    const double spend = random.Normal();
    return Eigen::Vector3d(spend, spend, 5);
  });
  EXPECT_NEAR(weights[0], std::sqrt(0.5), 1e-3);
  EXPECT_NEAR(weights[1], std::sqrt(0.5), 1e-3);
}

TEST(WeightsTest, WhatIsToldOfACustomerWeighsHalfAndAnAttributeIsToldOnce) {
  Random random(1);
  const auto weights =
      WeightsOf({{"income", "region_north", "region_south", "aov"}, {"income"}, {"region"}}, [&] {
        const double north = random.Chance(0.5) ? 1 : 0;
        return Eigen::Vector4d(random.Normal(), north, 1 - north, random.Normal());
      });
  EXPECT_EQ(weights[0], 0.5F);
  EXPECT_FLOAT_EQ(weights[1], 0.5F / std::sqrt(2.0F));
  EXPECT_FLOAT_EQ(weights[2], 0.5F / std::sqrt(2.0F));
  EXPECT_EQ(weights[3], 1);
}

}  // namespace
}  // namespace segmentd::learn
