#pragma once

#include "segmentd/learn/retrain.h"
#include "segmentd/learn/rows.h"
#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// What a model says of the rows that it is made from, whatever it learns of them.
void BeginBundle(const Rows& rows, const Options& options, model::Bundle& bundle, Report& report);

}  // namespace segmentd::learn
