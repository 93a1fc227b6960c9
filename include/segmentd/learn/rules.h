#pragma once

#include "segmentd/base/result.h"
#include "segmentd/learn/retrain.h"
#include "segmentd/learn/rows.h"

namespace segmentd::learn {

// A model for customers who are too few to learn segments from: it places each with the archetype
// that it is like by recency, frequency, spend and tenure, beside those customers. Rows are looked
// at for the spread of the features alone. kConfig: too few rows, or the plan has none of these
// features.
Result<Retrained> MakeRules(const Rows& rows, const Options& options);

}  // namespace segmentd::learn
