#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "segmentd/risk/parameters.h"
#include "segmentd/risk/scores.h"

namespace segmentd::risk {

struct Report {
  std::uint64_t customers = 0;
  std::uint64_t repeaters = 0;  // with more than one purchase day
  std::uint64_t distinct = 0;   // different (frequency, recency, age)
  double log_likelihood = std::numeric_limits<double>::quiet_NaN();  // of the histories
  // Gamma-Gamma; 0 where spend is a shrunken mean instead. Of the parameters, p (spend_weight + x)
  // and q - 1 + p x are the same number.
  double p = 0;
  double q = 0;
  double v = 0;
  std::vector<std::string> notes;  // what was done otherwise than asked, for a person
};

struct Fit {
  Parameters parameters;
  Report report;
};

// Fewer customers than this, or fewer of them who came back, say nothing of the others.
inline constexpr std::uint64_t kFitCustomersMin = 100;
inline constexpr std::uint64_t kFitRepeatersMin = 20;

// Fits purchases, spend and value tiers to histories of one instant (ages in days / 7, as the
// features have them; one entry per customer). Deterministic. What cannot be fitted is kept from
// `last`, which is {} where nothing was learned before; the report says what and why. Where nobody
// is seen to leave, the kind is kNbd whatever was wanted. REQUIRES: wanted != kNone.
Fit FitParameters(const Histories& histories, const Parameters& last, Kind wanted = Kind::kMbgNbd);

// In weeks. REQUIRES: parameters.kind != kNone.
double LogLikelihood(const Parameters& parameters, const Histories& histories);

}  // namespace segmentd::risk
