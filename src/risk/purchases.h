#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "segmentd/risk/parameters.h"
#include "segmentd/risk/scores.h"

namespace segmentd::risk {

// Equal histories as one. Ascending by frequency.
struct Weighted {
  double frequency = 0;
  double recency_weeks = 0;
  double age_weeks = 0;
  double count = 0;
};
std::vector<Weighted> Compress(const Histories& histories);

double LogLikelihood(const Parameters& parameters, const std::vector<Weighted>& rows);

// The most likely r, alpha, a, b of a kind under weak priors, the rest of the parameters untouched;
// false when the search ends nowhere, or at its bounds.
bool FitPurchases(const std::vector<Weighted>& rows, Kind kind, Parameters& parameters);

}  // namespace segmentd::risk
