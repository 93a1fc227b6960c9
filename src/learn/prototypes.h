#pragma once

#include <string>
#include <vector>

#include "segmentd/feature/feature_set.h"
#include "segmentd/learn/rows.h"
#include "segmentd/model/matrix.h"
#include "segmentd/model/scaler.h"

namespace segmentd::learn {

// How each feature is scaled, but for centre and spread: its transform by its shape, its unit from
// the values (so that currency does not matter), its weight by how many features say the same.
std::vector<model::ScalerRow> MakePrototypes(const feature::FeatureSet& features,
                                             const Schema& schema, const model::RawMatrix& raw);

}  // namespace segmentd::learn
