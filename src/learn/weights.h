#pragma once

#include "segmentd/learn/rows.h"
#include "segmentd/model/matrix.h"
#include "segmentd/model/scaler.h"

namespace segmentd::learn {

// Gives every feature its weight. Features of one block (one quantity over several windows, the
// shares of one whole) together weigh as much as the dimensions that they really have. Without
// that the fourteen windows of orders and spend drown everything else, and with one vote for each
// block what a customer buys is drowned.
// REQUIRES: the scaler is measured, and its weights are 1.
void Weigh(const Schema& schema, const model::RawMatrix& raw, model::Scaler& scaler);

}  // namespace segmentd::learn
