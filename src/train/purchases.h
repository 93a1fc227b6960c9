#pragma once

#include <cstdint>
#include <vector>

#include "segmentd/feature/record.h"
#include "segmentd/risk/scores.h"

namespace segmentd::train {

// The purchase histories of customers, as of one instant, taken from their records: a plan may
// leave their features out.
class Purchases {
 public:
  // A customer without a purchase has no history and is passed over.
  void Add(const feature::Record& record, std::int64_t as_of_ms);
  risk::Histories view() const { return {frequency_, recency_weeks_, age_weeks_, monetary_}; }

 private:
  std::vector<double> frequency_;
  std::vector<double> recency_weeks_;
  std::vector<double> age_weeks_;
  std::vector<double> monetary_;
};

}  // namespace segmentd::train
