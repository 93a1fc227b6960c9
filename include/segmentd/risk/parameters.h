#pragma once

#include <cstdint>
#include <string_view>

#include "segmentd/base/result.h"

namespace segmentd::risk {

// How customers are taken to buy and to leave. DO NOT CHANGE the values: bundles hold them.
enum class Kind : std::uint8_t {
  kNone = 0,    // nothing was learned: there are no scores
  kMbgNbd = 1,  // may leave after any purchase, the first one included
  kNbd = 2,     // never leaves: where a fit finds no one who does
  kBgNbd = 3,   // may leave after any purchase but the first
};

std::string_view KindName(Kind kind);  // "mbg_nbd"

// What a model has learned of all its customers together. Time is in weeks, money in the events'
// own unit. Purchases come at a rate that differs between customers as Gamma(r, alpha); after each
// a customer leaves for good with a probability that differs as Beta(a, b).
struct Parameters {
  Kind kind = Kind::kNone;
  double r = 0;
  double alpha = 0;
  double a = 0;  // 0 with kNbd, as is b
  double b = 0;

  // What a purchase day brings: a customer's own mean counts as much as its x repeat days do
  // beside spend_weight days of spend_mean.
  double spend_mean = 0;
  double spend_weight = 1;

  // Values over a year, just after the last purchase, from which on a customer is in that tier.
  double tier_mid = 0;
  double tier_high = 0;
};

// kCorruption for what no fit gives.
Status CheckParameters(const Parameters& parameters);

}  // namespace segmentd::risk
