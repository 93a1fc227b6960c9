#include "segmentd/base/random.h"

#include <cmath>
#include <numbers>

#include "segmentd/base/assert.h"

namespace segmentd {

std::uint64_t Random::Next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

std::uint64_t Random::Below(std::uint64_t bound) {
  SEGMENTD_ASSERT(bound > 0, "the bound of a random number is positive");
  // Lemire's multiply-shift; the bias of 2^-64 per value is of no account here.
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(Next()) * bound) >> 64);
}

double Random::Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

double Random::Normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * Uniform());
}

double Random::Exponential(double mean) { return -mean * std::log(1.0 - Uniform()); }

double Random::Gamma(double shape, double scale) {
  if (shape < 1) return Gamma(shape + 1, scale) * std::pow(1.0 - Uniform(), 1.0 / shape);
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = Normal();
    const double cubed = std::pow(1.0 + c * x, 3);
    if (cubed <= 0) continue;
    if (std::log(1.0 - Uniform()) < 0.5 * x * x + d - d * cubed + d * std::log(cubed)) {
      return d * cubed * scale;
    }
  }
}

}  // namespace segmentd
