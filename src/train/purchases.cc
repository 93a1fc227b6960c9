#include "purchases.h"

#include "segmentd/feature/purchase_days.h"

namespace segmentd::train {

void Purchases::Add(const feature::Record& record, std::int64_t as_of_ms) {
  if (record.orders == 0) return;
  const feature::PurchaseDays days = feature::PurchaseDaysOf(record, as_of_ms);
  frequency_.push_back(days.frequency);
  recency_weeks_.push_back(days.recency_weeks);
  age_weeks_.push_back(days.age_weeks);
  monetary_.push_back(days.monetary);
}

}  // namespace segmentd::train
