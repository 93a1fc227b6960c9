#include "model/scale_kernel.h"

#include <bit>
#include <cmath>
#include <limits>

#include "segmentd/base/assert.h"
#include "segmentd/base/per_level.h"

namespace segmentd::model {
namespace {

constexpr double kLargest = 1e18;
constexpr int kMantissaBits = 23;

// ln x = e ln 2 + ln(1 + r), with 1 + r from the root of a half to the root of two: the polynomial
// is the best of its degree there, 1e-7 of the result at most. REQUIRES: x is no less than 1.
inline float Log(float x) {
  constexpr std::int32_t kRootOfHalf = 0x3f3504f3;
  // The first part of ln 2 has few digits: its product with an exponent is exact.
  constexpr float kLn2 = 0.693359375F;
  constexpr float kLn2Rest = -2.12194440e-4F;
  const auto bits = std::bit_cast<std::int32_t>(x);
  const std::int32_t exponent = (bits - kRootOfHalf) >> kMantissaBits;
  const float r = std::bit_cast<float>(bits - exponent * (1 << kMantissaBits)) - 1;
  const auto e = static_cast<float>(exponent);
  float p = 0.08700435F;
  p = p * r - 0.14267486F;
  p = p * r + 0.14914769F;
  p = p * r - 0.16577585F;
  p = p * r + 0.19963063F;
  p = p * r - 0.25001338F;
  p = p * r + 0.3333391F;
  const float square = r * r;
  return (square * r * p - 0.5F * square + e * kLn2Rest) + r + e * kLn2;
}

SEGMENTD_PER_LEVEL void Log1p(const float* values, float unit, float* transformed) {
  for (int j = 0; j < kBlockColumns; ++j) {
    const float positive = values[j] < 0 ? 0 : values[j];
    const float grown = Log(1 + positive / unit);
    transformed[j] = values[j] == values[j] ? grown : values[j];
  }
}

SEGMENTD_PER_LEVEL void Asinh(const float* values, float unit, float* transformed) {
  constexpr auto kMost = static_cast<float>(kLargest);
  for (int j = 0; j < kBlockColumns; ++j) {
    const float whole = std::abs(values[j]) / unit;
    const float size = whole > kMost ? kMost : whole;
    const float grown = Log(size + std::sqrt(size * size + 1));
    transformed[j] = values[j] == values[j] ? std::copysign(grown, values[j]) : values[j];
  }
}

SEGMENTD_PER_LEVEL void Root(const float* values, float* transformed) {
  for (int j = 0; j < kBlockColumns; ++j) {
    const float positive = values[j] < 0 ? 0 : values[j];
    transformed[j] = std::sqrt(positive > 1 ? 1 : positive);
  }
}

}  // namespace

SEGMENTD_PER_LEVEL void Narrow(std::span<const double> values, std::span<float> narrow) {
  const double* from = values.data();
  float* to = narrow.data();
  const std::size_t count = values.size();
  for (std::size_t i = 0; i < count; ++i) {
    const double value = from[i];
    const double above = value < -kLargest ? -kLargest : value;
    const double kept = above > kLargest ? kLargest : above;
    const bool finite = std::abs(value) <= std::numeric_limits<double>::max();
    to[i] = finite ? static_cast<float>(kept) : std::numeric_limits<float>::quiet_NaN();
  }
}

void TransformLanes(const ScalerRow& row, const float* values, float* transformed) {
  switch (row.transform) {
    case Transform::kLog1p:
      Log1p(values, row.unit, transformed);
      return;
    case Transform::kAsinh:
      Asinh(values, row.unit, transformed);
      return;
    case Transform::kSqrt:
      Root(values, transformed);
      return;
    case Transform::kIdentity:
      std::copy_n(values, kBlockColumns, transformed);
      return;
  }
  SEGMENTD_ASSERT(false, "a transform is one of four");
}

SEGMENTD_PER_LEVEL void StandardiseLanes(const ScalerRow& row, const float* transformed,
                                         float* scaled) {
  const float centre = row.centre;
  const float spread = row.spread;
  const float weight = row.weight;
  for (int j = 0; j < kBlockColumns; ++j) {
    const float centred = (transformed[j] - centre) / spread;
    const float above = centred < -kClip ? -kClip : centred;
    const float within = (above > kClip ? kClip : above) * weight;
    scaled[j] = transformed[j] == transformed[j] ? within : 0;
  }
}

}  // namespace segmentd::model
