#pragma once

namespace segmentd::feature {

// Adds two amounts as a till would: when both have at most four decimals and the sum is below 9e11,
// the result is the double nearest to the exact decimal sum, whatever came before; otherwise it is
// ordinary addition. So sums of prices do not depend on their order, and store short.
double AddMoney(double a, double b);

}  // namespace segmentd::feature
