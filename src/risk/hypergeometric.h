#pragma once

namespace segmentd::risk {

// (1 - z)^a * 2F1(a, b; c; z), the form in which expected purchases need it: it stays in the range
// of a double where 2F1 itself does not. REQUIRES: 0 <= z < 1; a, b > 0; c > -1, not 0.
double DampedHypergeometric(double a, double b, double c, double z);

}  // namespace segmentd::risk
