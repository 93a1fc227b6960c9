#pragma once

#include "segmentd/base/result.h"
#include "segmentd/learn/retrain.h"
#include "segmentd/learn/rows.h"
#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// The champion's scaler while it still fits the rows (same features; no centre off by more than a
// quarter of a spread, no spread by more than a quarter), else one measured on them. A scaler that
// stays is one reason less for customers to move.
Result<model::Scaler> ChooseScaler(const model::Bundle* champion, const Rows& rows,
                                   const Options& options);

}  // namespace segmentd::learn
