#include "segmentd/risk/next_category.h"

#include <algorithm>
#include <cmath>

namespace segmentd::risk {
namespace {

constexpr std::size_t kOffersMax = 3;
constexpr std::uint64_t kCustomersMin = 20;
// The segment's share counts as much as this many of the customer's own orders.
constexpr double kShrinkOrders = 3;
constexpr double kLiftMin = 1.25;

}  // namespace

std::vector<NextCategory> NextCategories(std::span<const CategoryProfile> segment,
                                         std::span<const double> values, double orders) {
  std::vector<NextCategory> offers;
  for (const CategoryProfile& category : segment) {
    const double own = values[static_cast<std::size_t>(category.feature)];
    if (category.customers < kCustomersMin || !std::isfinite(own)) continue;
    const double expected =
        (orders * own + kShrinkOrders * category.share) / (orders + kShrinkOrders);
    const double lift = expected > 0 ? category.share / expected : 0;
    if (lift < kLiftMin) continue;
    const double p = static_cast<double>(category.customers) / static_cast<double>(category.of);
    offers.push_back({category.name, p, lift, category.customers});
  }
  std::stable_sort(offers.begin(), offers.end(),
                   [](const NextCategory& a, const NextCategory& b) { return a.p > b.p; });
  if (offers.size() > kOffersMax) offers.resize(kOffersMax);
  return offers;
}

}  // namespace segmentd::risk
