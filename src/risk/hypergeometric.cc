#include "hypergeometric.h"

#include <cmath>

namespace segmentd::risk {
namespace {

// One of the factors that follow may be a million times the sum; nine digits are then left.
constexpr double kTolerance = 1e-15;
constexpr int kTermsMax = 100'000;
constexpr double kLarge = 1e200;

struct Scaled {
  double value = 1;
  double log_scale = 0;
};

Scaled Series(double a, double b, double c, double z) {
  Scaled sum;
  double term = 1;
  for (int n = 0; n < kTermsMax; ++n) {
    term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z;
    sum.value += term;
    if (std::abs(term) <= kTolerance * std::abs(sum.value)) break;
    if (std::abs(sum.value) > kLarge) {
      sum.value /= kLarge;
      term /= kLarge;
      sum.log_scale += std::log(kLarge);
    }
  }
  return sum;
}

}  // namespace

double DampedHypergeometric(double a, double b, double c, double z) {
  // Euler: (1-z)^(c-a-b) 2F1(c-a, c-b; c; z) is the same function, and here its terms shrink where
  // those of the definition grow with the count of purchases. Unless c-a is well below 0: then its
  // signs alternate and digits cancel, while the definition adds positive terms only.
  constexpr double kAlternating = -20;
  const double log_rest = std::log1p(-z);
  if (c - a > kAlternating) {
    const Scaled sum = Series(c - a, c - b, c, z);
    return sum.value * std::exp((c - b) * log_rest + sum.log_scale);
  }
  const Scaled sum = Series(a, b, c, z);
  return std::exp(std::log(sum.value) + sum.log_scale + a * log_rest);
}

}  // namespace segmentd::risk
