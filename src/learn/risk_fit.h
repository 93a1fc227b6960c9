#pragma once

#include <string>
#include <vector>

#include "segmentd/learn/rows.h"
#include "segmentd/risk/parameters.h"

namespace segmentd::learn {

// Risk parameters of the rows' purchase days, each aged to the newest row's instant: nothing was
// bought in between, or the row would not be its customer's newest. `last` where the features are
// not among the rows', or say too little; notes tell which.
risk::Parameters FitRisk(const Rows& rows, const risk::Parameters& last,
                         std::vector<std::string>& notes);

}  // namespace segmentd::learn
