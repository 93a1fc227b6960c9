#pragma once

#include <memory>
#include <string>

#include "segmentd/model/bundle.h"
#include "segmentd/pipeline/model.h"

namespace segmentd::support {

// A model small enough to reckon by hand: the identity of (orders_30d, aov, refunds_30d), each
// unscaled, with segments at orders_30d = 1 "New", 4 "Loyal", 12 "Champions" (aov is given no
// weight).
model::Bundle OrdersBundle();

// Models that came after it: segments have moved, and one was retired for a new one.
model::Bundle SecondOrdersBundle();
model::Bundle ThirdOrdersBundle();

std::shared_ptr<const pipeline::Model> LoadModel(const model::Bundle& bundle);

}  // namespace segmentd::support
