#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "segmentd/risk/parameters.h"

namespace segmentd::risk {

// A customer's purchase days, as the features of the same names have them, except for the age: it
// counts the last purchase's silence to the moment, recency_weeks + (t - last purchase) / 7 d, so
// that scores fall steadily and not by whole days. A customer without a purchase has no history,
// no scores and no value: nothing is to be computed or written for it.
struct History {
  double frequency = 0;      // purchase days beyond the first
  double recency_weeks = 0;  // from the first purchase day to the last
  double age_weeks = 0;      // from the first purchase day to the instant of the score
  double monetary = std::numeric_limits<double>::quiet_NaN();  // per repeat day; NaN without one
};

inline constexpr double kYearWeeks = 365.0 / 7;

// Every score below is finite for any history whatever (negative and missing numbers count as 0, an
// age before the last purchase as that purchase), and falls, or stays, as the age grows (purchases
// and value but for rounding).
// REQUIRES: parameters.kind != kNone.

// That another purchase comes within the horizon.
double ActiveProbability(const Parameters& parameters, const History& history,
                         double horizon_weeks);
// That the customer has not left for good.
double AliveProbability(const Parameters& parameters, const History& history);
// Purchase days within the next weeks.
double ExpectedPurchases(const Parameters& parameters, const History& history, double weeks);
// Of one future purchase day.
double ExpectedSpend(const Parameters& parameters, const History& history);
// Purchases times spend, not discounted.
double Value(const Parameters& parameters, const History& history, double weeks);

// DO NOT CHANGE the order.
enum class Tier : std::uint8_t { kLow, kMid, kHigh };

std::string_view TierName(Tier tier);  // "low"
// By the value over a year just after the last purchase: silence does not cheapen a customer.
Tier TierOf(const Parameters& parameters, const History& history);

// Weeks after the last purchase from which on ActiveProbability is below the threshold, to half a
// millisecond and never early; history.age_weeks does not matter. 0 when it is below at once;
// nothing when it is not within ten years. At most 60 evaluations.
std::optional<double> SilenceUntilBelow(const Parameters& parameters, const History& history,
                                        double horizon_weeks, double threshold);

// Histories side by side; all of one length.
struct Histories {
  std::span<const double> frequency;
  std::span<const double> recency_weeks;
  std::span<const double> age_weeks;
  std::span<const double> monetary;
};

// The scores of many customers: the same bits as one by one. REQUIRES: out has that length.
void ActiveProbabilities(const Parameters& parameters, const Histories& histories,
                         double horizon_weeks, std::span<double> out);
void Values(const Parameters& parameters, const Histories& histories, double weeks,
            std::span<double> out);

}  // namespace segmentd::risk
