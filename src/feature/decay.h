#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "calendar.h"
#include "segmentd/feature/record.h"

namespace segmentd::feature {

inline constexpr std::array<int, kHalfLives> kHalfLifeDays = {7, 30, 180};

// What is left, per half-life, of 1 at `from_ms` when it is `to_ms`.
inline std::array<double, kHalfLives> DecayFactors(std::int64_t from_ms, std::int64_t to_ms) {
  std::array<double, kHalfLives> factors = {1, 1, 1};
  if (from_ms == to_ms) return factors;  // most snapshots are taken as of the newest event
  const double days = MsBetween(from_ms, to_ms) / static_cast<double>(kDayMs);
  for (std::size_t i = 0; i < kHalfLives; ++i) factors[i] = std::exp2(-days / kHalfLifeDays[i]);
  return factors;
}

}  // namespace segmentd::feature
