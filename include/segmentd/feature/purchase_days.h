#pragma once

#include <cstdint>

#include "segmentd/feature/record.h"

namespace segmentd::feature {

// A customer's history in purchase days, as the features of these names have it.
struct PurchaseDays {
  double frequency = 0;
  double recency_weeks = 0;
  double age_weeks = 0;
  double monetary = 0;  // NaN when frequency is 0
};

// REQUIRES: record.orders > 0.
PurchaseDays PurchaseDaysOf(const Record& record, std::int64_t as_of_ms);

}  // namespace segmentd::feature
