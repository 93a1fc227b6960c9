#pragma once

#include <span>

#include "model/block.h"
#include "segmentd/model/scaler.h"

namespace segmentd::model {

// The arithmetic of the scaler: loops over lanes, compiled once per level of the instruction set
// and chosen when the process starts. No step depends on the level, so that neither do the bits.

// What every transform takes: within what it can square in a float; NaN where a value is missing,
// which is any that is not finite.
void Narrow(std::span<const double> values, std::span<float> narrow);

// T(v) of kBlockColumns values; NaN for NaN.
void TransformLanes(const ScalerRow& row, const float* values, float* transformed);

// clip((t - centre) / spread) * weight of as many; 0 for NaN.
void StandardiseLanes(const ScalerRow& row, const float* transformed, float* scaled);

}  // namespace segmentd::model
