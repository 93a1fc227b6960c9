#pragma once

#include <cmath>  // and with it the C library's lgamma_r, in no namespace

namespace segmentd::risk {

// std::lgamma writes a global, which two threads must not do.
inline double LogGamma(double value) {
  int sign = 0;
  return ::lgamma_r(value, &sign);
}

}  // namespace segmentd::risk
