#include "segmentd/risk/parameters.h"

#include <gtest/gtest.h>

#include <limits>

namespace segmentd::risk {
namespace {

Parameters Usable() {
  return {.kind = Kind::kMbgNbd,
          .r = 0.5,
          .alpha = 6,
          .a = 0.9,
          .b = 1.6,
          .spend_mean = 35,
          .spend_weight = 0.8,
          .tier_mid = 10,
          .tier_high = 100};
}

TEST(ParametersTest, TakesWhatAFitGives) {
  EXPECT_TRUE(CheckParameters(Usable()).ok());
  EXPECT_TRUE(CheckParameters({}).ok());
  Parameters never_leaving = Usable();
  never_leaving.kind = Kind::kNbd;
  never_leaving.a = never_leaving.b = 0;
  EXPECT_TRUE(CheckParameters(never_leaving).ok());
}

TEST(ParametersTest, RefusesWhatNoFitGives) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (double Parameters::*const field :
       {&Parameters::r, &Parameters::alpha, &Parameters::a, &Parameters::b, &Parameters::spend_mean,
        &Parameters::spend_weight, &Parameters::tier_mid, &Parameters::tier_high}) {
    for (const double bad : {kNan, -1.0, std::numeric_limits<double>::infinity()}) {
      Parameters parameters = Usable();
      parameters.*field = bad;
      const Status status = CheckParameters(parameters);
      ASSERT_FALSE(status.ok()) << bad;
      EXPECT_EQ(status.error().code, Code::kCorruption);
    }
  }
  Parameters swapped = Usable();
  swapped.tier_high = swapped.tier_mid - 1;
  EXPECT_FALSE(CheckParameters(swapped).ok());
  Parameters unknown = Usable();
  unknown.kind = static_cast<Kind>(4);
  EXPECT_FALSE(CheckParameters(unknown).ok());
}

}  // namespace
}  // namespace segmentd::risk
