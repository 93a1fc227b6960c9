#pragma once

#include <algorithm>

#include "segmentd/risk/scores.h"

namespace segmentd::risk {

// Far beyond every real history (two hundred centuries of weeks, three thousand years of purchase
// days), and small enough that nothing overflows.
inline constexpr double kCountMax = 1e6;

// NaN counts as 0.
inline double Clean(double value) { return value > 0 ? std::min(value, kCountMax) : 0; }

inline History Clean(const History& history) {
  History clean;
  clean.frequency = Clean(history.frequency);
  clean.recency_weeks = Clean(history.recency_weeks);
  clean.age_weeks = std::max(clean.recency_weeks, Clean(history.age_weeks));
  clean.monetary = history.monetary;
  return clean;
}

}  // namespace segmentd::risk
