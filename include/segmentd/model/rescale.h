#pragma once

#include "segmentd/model/embedding.h"
#include "segmentd/model/scaler.h"

namespace segmentd::model {

// A decoder that gives values of one scaler back, as it has to be to give the same ones back in
// those of another. REQUIRES: both scalers have the transforms, units and weights of the same
// features.
Decoder Rescaled(Decoder decoder, const Scaler& from, const Scaler& to);

}  // namespace segmentd::model
