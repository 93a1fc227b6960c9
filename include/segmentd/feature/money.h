#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace segmentd::feature {

// Amounts below this are told apart to four decimals by a double, with room for the rounding of a
// sum.
inline constexpr double kDecimalLimit = 1e11;

// Sums that leave the range of a double stay at its end, so that no stored number is infinite.
inline double SaturateMoney(double sum) {
  return std::clamp(sum, std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
}

// The nearest whole number, for magnitudes below 2^51: adding 1.5 * 2^52 leaves no room for a
// fraction.
inline double RoundWhole(double value) {
  constexpr double kShift = 6755399441055744.0;
  return (value + kShift) - kShift;
}

// Whether an amount has at most four decimals, give or take the last bit, and is below the limit.
inline bool IsDecimal(double amount) {
  const double scaled = amount * 1e4;
  return std::abs(amount) < kDecimalLimit &&
         std::abs(scaled - RoundWhole(scaled)) <=
             std::abs(scaled) * std::numeric_limits<double>::epsilon();
}

// The double nearest to the decimal that a sum of decimals stands for.
inline double RoundDecimal(double sum) {
  return std::abs(sum) < kDecimalLimit ? RoundWhole(sum * 1e4) / 1e4 : SaturateMoney(sum);
}

// Adds two amounts as a till would: when both have at most four decimals and the sum is below 1e11,
// the result is the double nearest to the exact decimal sum, whatever came before; otherwise it is
// ordinary addition. So sums of prices do not depend on their order, and store short.
inline double AddMoney(double a, double b) {
  return IsDecimal(a) && IsDecimal(b) ? RoundDecimal(a + b) : SaturateMoney(a + b);
}

}  // namespace segmentd::feature
