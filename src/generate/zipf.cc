#include "zipf.h"

#include <algorithm>
#include <cmath>

namespace segmentd::generate {
namespace {

// (e^x - 1) / x and log(1 + x) / x without loss near 0, so that the exponent 1 is no special case.
double ExpRatio(double x) { return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2; }
double LogRatio(double x) { return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2; }

}  // namespace

Zipf::Zipf(std::uint64_t n, double exponent) : n_(static_cast<double>(n)), exponent_(exponent) {
  low_ = Integral(1.5) - 1;
  high_ = Integral(n_ + 0.5);
  sure_ = 2 - InverseIntegral(Integral(2.5) - std::pow(2.0, -exponent_));
}

std::uint64_t Zipf::Draw(Random& random) const {
  for (;;) {
    const double y = high_ + random.Uniform() * (low_ - high_);
    const double x = InverseIntegral(y);
    const double number = std::clamp(std::floor(x + 0.5), 1.0, n_);
    if (number - x <= sure_ || y >= Integral(number + 0.5) - std::pow(number, -exponent_)) {
      return static_cast<std::uint64_t>(number);
    }
  }
}

// Of x^-exponent, from 1 to x.
double Zipf::Integral(double x) const {
  const double log_x = std::log(x);
  return ExpRatio((1 - exponent_) * log_x) * log_x;
}

double Zipf::InverseIntegral(double y) const {
  const double inner = std::max(-1.0, y * (1 - exponent_));
  return std::exp(LogRatio(inner) * y);
}

}  // namespace segmentd::generate
