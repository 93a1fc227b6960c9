#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "segmentd/feature/feature_set.h"
#include "segmentd/feature/record.h"

namespace segmentd::feature {

// The features that every history has, in the order of the contract; then what each plan adds.
enum Source : std::uint16_t {
  kIdleDays,
  kTenureDays,
  kOrders7,  // 7, 30, 90, 360 days; likewise below
  kSpend7 = kOrders7 + 4,
  kRefunds7 = kSpend7 + 4,
  kOrdersH7 = kRefunds7 + 4,  // half-lives of 7, 30, 180 days; likewise below
  kSpendH7 = kOrdersH7 + kHalfLives,
  kAov = kSpendH7 + kHalfLives,
  kBasket,
  kDiscountShare,
  kRefundShare,
  kWeekendShare,
  kGapMeanDays,
  kGapCv,
  kTrend,
  kFrequency,
  kRecencyWeeks,
  kAgeWeeks,
  kMonetary,
  kFixedSources,
  kCategoryShare = kFixedSources,
  kCategoryOther,
  kChannelShare,
  kChannelOther,
  kProfileNumber,
  kProfileValue,
};

struct CatalogueEntry {
  std::string_view name;
  Shape shape;
};

std::span<const CatalogueEntry, kFixedSources> Catalogue();

inline constexpr std::string_view kChannelPrefix = "channel_share_";

// The values of the fixed sources as of an instant.
std::array<double, kFixedSources> FixedValues(const Record& record, std::int64_t as_of_ms);

}  // namespace segmentd::feature
