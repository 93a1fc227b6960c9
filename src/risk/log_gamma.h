#pragma once

#include <math.h>  // lgamma_r is not in namespace std

namespace segmentd::risk {

// std::lgamma writes a global, which two threads must not do.
inline double LogGamma(double value) {
  int sign = 0;
  return ::lgamma_r(value, &sign);
}

}  // namespace segmentd::risk
