#pragma once

#include <cstdint>

#include "segmentd/base/ids.h"
#include "segmentd/feature/purchase_days.h"
#include "segmentd/risk/scores.h"

namespace segmentd::pipeline {

inline double WeeksBetween(std::int64_t from_ms, std::int64_t to_ms) {
  return static_cast<double>(to_ms - from_ms) / static_cast<double>(7 * kDayMs);
}

// What scores are computed from. Purchase days as the features have them; silence to the moment.
// REQUIRES: record.orders > 0.
inline risk::History HistoryOf(const feature::Record& record, std::int64_t as_of_ms) {
  const feature::PurchaseDays days = feature::PurchaseDaysOf(record, as_of_ms);
  return {days.frequency, days.recency_weeks,
          days.recency_weeks + WeeksBetween(record.last_purchase_ms, as_of_ms), days.monetary};
}

}  // namespace segmentd::pipeline
