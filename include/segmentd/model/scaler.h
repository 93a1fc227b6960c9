#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/model/matrix.h"

namespace segmentd::model {

// What a raw value goes through before it is centred. DO NOT CHANGE the values: bundles hold them.
enum class Transform : std::uint8_t {
  kIdentity = 0,
  kLog1p = 1,  // log(1 + max(v, 0) / unit)
  kAsinh = 2,  // asinh(v / unit)
  kSqrt = 3,   // shares: sqrt(clamp(v, 0, 1))
};

// How centre and spread are measured. DO NOT CHANGE the values.
enum class Spread : std::uint8_t { kStandard = 0, kMinMax = 1, kRobust = 2 };

// One feature's frozen transform: y = clip((T(v) - centre) / spread, +-4) * weight; a missing value
// and a constant feature give 0.
struct ScalerRow {
  Transform transform = Transform::kIdentity;
  float unit = 1;
  float centre = 0;
  float spread = 1;
  float weight = 1;
  bool constant = false;  // spread below 1e-9 in the reference data
};

inline constexpr float kClip = 4;

struct Scaler {
  std::vector<ScalerRow> rows;

  // scaled(:, 0..columns) from raw(:, 0..columns); same raw column, same bits, at any place.
  // REQUIRES: raw.rows() == rows.size(), columns <= raw.cols(); resizes scaled to whole blocks.
  void Apply(const RawMatrix& raw, int columns, Matrix& scaled) const;
};

// Measures centre and spread of each row over the non-missing values (winsorised at P0.1/P99.9 for
// kStandard). transforms, units and weights are given by the caller, one per row.
Scaler FitScaler(const RawMatrix& raw, std::span<const ScalerRow> prototypes, Spread spread);

}  // namespace segmentd::model
