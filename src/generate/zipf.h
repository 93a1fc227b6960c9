#pragma once

#include <cstdint>

#include "segmentd/base/random.h"

namespace segmentd::generate {

// Numbers 1..n with probability proportional to 1 / number^exponent, in constant time and memory:
// rejection-inversion (Hoermann and Derflinger, 1996).
class Zipf {
 public:
  // REQUIRES: n >= 1, exponent > 0.
  Zipf(std::uint64_t n, double exponent);
  std::uint64_t Draw(Random& random) const;

 private:
  double Integral(double x) const;
  double InverseIntegral(double y) const;

  double n_;
  double exponent_;
  double low_;   // integral at the left end of the first bar
  double high_;  // ... at the right end of the last
  double sure_;  // a point this near to its bar's middle is accepted without a look
};

}  // namespace segmentd::generate
