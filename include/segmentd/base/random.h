#pragma once

#include <cstdint>

namespace segmentd {

// A small deterministic generator (splitmix64). Same seed, same numbers, on every machine: the
// standard's engines are specified but its distributions are not, so none of those is used.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next();
  // Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t Below(std::uint64_t bound);
  // Uniform in [0, 1).
  double Uniform();
  double Normal();
  double Exponential(double mean);
  // Gamma with the given shape > 0 and scale (Marsaglia and Tsang).
  double Gamma(double shape, double scale);
  bool Chance(double probability) { return Uniform() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace segmentd
