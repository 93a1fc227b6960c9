#include "segmentd/risk/scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "clean.h"
#include "hypergeometric.h"
#include "segmentd/base/assert.h"

namespace segmentd::risk {
namespace {

constexpr double kTenYearsWeeks = 10 * kYearWeeks;
constexpr double kHalfMillisecondWeeks = 0.5e-3 / (7 * 86'400);

bool Leaves(const Parameters& parameters) { return parameters.kind != Kind::kNbd; }

// The second parameter of the Beta distribution of leaving, given that the customer is there: one
// more for each purchase after which it could have left and did not.
double Stayed(const Parameters& parameters, const History& history) {
  const double first = parameters.kind == Kind::kMbgNbd ? 1 : 0;
  return parameters.b + history.frequency + first;
}

double Alive(const Parameters& parameters, const History& history) {
  if (!Leaves(parameters)) return 1;
  // Nobody leaves after the first purchase alone.
  if (parameters.kind == Kind::kBgNbd && history.frequency < 1) return 1;
  const double silence = history.age_weeks - history.recency_weeks;
  const double log_odds_of_leaving =
      std::log(parameters.a) - std::log(Stayed(parameters, history) - 1) +
      (parameters.r + history.frequency) *
          std::log1p(silence / (parameters.alpha + history.recency_weeks));
  return 1 / (1 + std::exp(log_odds_of_leaving));
}

// Leaving follows a purchase, so whoever is there buys within the horizon as if never to leave.
double Active(const Parameters& parameters, const History& history, double horizon_weeks) {
  const double log_silent = -(parameters.r + history.frequency) *
                            std::log1p(horizon_weeks / (parameters.alpha + history.age_weeks));
  return Alive(parameters, history) * -std::expm1(log_silent);
}

// Keeps a divisor off 0, where the formula has a limit but no value.
double OffZero(double value) {
  constexpr double kNear = 1e-6;
  return std::abs(value) < kNear ? kNear : value;
}

double Purchases(const Parameters& parameters, const History& history, double weeks) {
  const double rate = parameters.r + history.frequency;
  const double seen_weeks = parameters.alpha + history.age_weeks;
  const double without_leaving = weeks * rate / seen_weeks;
  if (!Leaves(parameters)) return without_leaving;
  const double alive = Alive(parameters, history);
  const double stayed = Stayed(parameters, history);
  const double leaves = OffZero(parameters.a - 1);
  const double both = OffZero(leaves + stayed);
  const double kept = DampedHypergeometric(rate, stayed, both, weeks / (seen_weeks + weeks));
  const double purchases = both / leaves * (1 - kept);
  // The bounds hold in theory; here they catch what rounding may leave of absurd parameters.
  return alive * (purchases > 0 ? std::min(purchases, without_leaving) : 0);
}

double Spend(const Parameters& parameters, const History& history) {
  if (history.frequency == 0 || !std::isfinite(history.monetary)) return parameters.spend_mean;
  const double own_share = history.frequency / (parameters.spend_weight + history.frequency);
  return parameters.spend_mean + own_share * (history.monetary - parameters.spend_mean);
}

double ValueOf(const Parameters& parameters, const History& history, double weeks) {
  return std::clamp(Purchases(parameters, history, weeks) * Spend(parameters, history), 0.0,
                    std::numeric_limits<double>::max());
}

void CheckLearned(const Parameters& parameters) {
  SEGMENTD_ASSERT(parameters.kind != Kind::kNone, "scores need parameters");
}

History At(const Histories& histories, std::size_t i) {
  return Clean({histories.frequency[i], histories.recency_weeks[i], histories.age_weeks[i],
                histories.monetary[i]});
}

void CheckLengths(const Histories& histories, std::span<double> out) {
  const std::size_t size = out.size();
  SEGMENTD_ASSERT(histories.frequency.size() == size && histories.recency_weeks.size() == size &&
                      histories.age_weeks.size() == size && histories.monetary.size() == size,
                  "one score per history");
}

}  // namespace

double ActiveProbability(const Parameters& parameters, const History& history,
                         double horizon_weeks) {
  CheckLearned(parameters);
  return Active(parameters, Clean(history), Clean(horizon_weeks));
}

double AliveProbability(const Parameters& parameters, const History& history) {
  CheckLearned(parameters);
  return Alive(parameters, Clean(history));
}

double ExpectedPurchases(const Parameters& parameters, const History& history, double weeks) {
  CheckLearned(parameters);
  return Purchases(parameters, Clean(history), Clean(weeks));
}

double ExpectedSpend(const Parameters& parameters, const History& history) {
  CheckLearned(parameters);
  return Spend(parameters, Clean(history));
}

double Value(const Parameters& parameters, const History& history, double weeks) {
  CheckLearned(parameters);
  return ValueOf(parameters, Clean(history), Clean(weeks));
}

std::string_view TierName(Tier tier) {
  switch (tier) {
    case Tier::kLow:
      return "low";
    case Tier::kMid:
      return "mid";
    case Tier::kHigh:
      return "high";
  }
  SEGMENTD_ASSERT(false, "a tier has a name");
}

Tier TierOf(const Parameters& parameters, const History& history) {
  History bought = history;
  bought.age_weeks = history.recency_weeks;
  const double value = Value(parameters, bought, kYearWeeks);
  if (value >= parameters.tier_high) return Tier::kHigh;
  return value >= parameters.tier_mid ? Tier::kMid : Tier::kLow;
}

std::optional<double> SilenceUntilBelow(const Parameters& parameters, const History& history,
                                        double horizon_weeks, double threshold) {
  CheckLearned(parameters);
  History silent = Clean(history);
  const auto is_below = [&](double silence_weeks) {
    silent.age_weeks = silent.recency_weeks + silence_weeks;
    return Active(parameters, silent, Clean(horizon_weeks)) < threshold;
  };
  if (is_below(0)) return 0;
  double above = 0;
  double below = 1;
  while (!is_below(below)) {
    if (below >= kTenYearsWeeks) return std::nullopt;
    above = below;
    below = std::min(2 * below, kTenYearsWeeks);
  }
  // At most 11 evaluations so far; from 522 weeks, 40 halvings come to the half millisecond.
  while (below - above > kHalfMillisecondWeeks) {
    const double middle = above + (below - above) / 2;
    (is_below(middle) ? below : above) = middle;
  }
  return below;
}

void ActiveProbabilities(const Parameters& parameters, const Histories& histories,
                         double horizon_weeks, std::span<double> out) {
  CheckLearned(parameters);
  CheckLengths(histories, out);
  const double horizon = Clean(horizon_weeks);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = Active(parameters, At(histories, i), horizon);
}

void Values(const Parameters& parameters, const Histories& histories, double weeks,
            std::span<double> out) {
  CheckLearned(parameters);
  CheckLengths(histories, out);
  const double horizon = Clean(weeks);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = ValueOf(parameters, At(histories, i), horizon);
}

}  // namespace segmentd::risk
