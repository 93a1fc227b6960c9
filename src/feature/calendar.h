#pragma once

#include <cstdint>

namespace segmentd::feature {

inline constexpr std::int64_t kDayMs = 86'400'000;

// Division that rounds down for negative values too. REQUIRES: divisor > 0.
constexpr std::int64_t FloorDiv(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// UTC days, and groups of them, counted from 1970. Three days and five threes nest.
constexpr std::int64_t DayOf(std::int64_t instant_ms) { return FloorDiv(instant_ms, kDayMs); }
constexpr std::int64_t ThreeOf(std::int64_t day) { return FloorDiv(day, 3); }
constexpr std::int64_t FifteenOf(std::int64_t three) { return FloorDiv(three, 5); }

// 1970-01-01 was a Thursday; counted from Saturday, the weekend is the first two days.
constexpr bool IsWeekend(std::int64_t day) {
  const std::int64_t from_saturday = (day + 5) - FloorDiv(day + 5, 7) * 7;
  return from_saturday < 2;
}

// In floating point, so that instants at both ends of the range do not overflow; exact for instants
// within 285,000 years of 1970.
inline double MsBetween(std::int64_t from_ms, std::int64_t to_ms) {
  return static_cast<double>(to_ms) - static_cast<double>(from_ms);
}

}  // namespace segmentd::feature
