#pragma once

#include <vector>

#include "segmentd/feature/feature_set.h"
#include "segmentd/model/matrix.h"
#include "segmentd/model/scaler.h"

namespace segmentd::learn {

// How each feature is scaled, but for centre, spread and weight: its transform by its shape, its
// unit from the values, so that currency does not matter.
std::vector<model::ScalerRow> MakePrototypes(const feature::FeatureSet& features,
                                             const model::RawMatrix& raw);

}  // namespace segmentd::learn
