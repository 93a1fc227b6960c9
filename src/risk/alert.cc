#include "segmentd/risk/alert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "segmentd/base/assert.h"

namespace segmentd::risk {
namespace {

// Somebody who buys seldom has a low score from the start; only a fall from it is news.
constexpr double kShareOfPrior = 0.6;

std::string Days(double days) {
  return days == 1 ? std::string("1 day") : fmt::format("{:.0f} days", days);
}

std::string Money(double value, std::string_view currency) {
  const std::string amount =
      value < 10 ? fmt::format("{:.2f}", value) : fmt::format("{:.0f}", value);
  return currency.empty() ? amount : fmt::format("{} {}", amount, currency);
}

}  // namespace

std::string_view StateName(State state) {
  switch (state) {
    case State::kNone:
      return "none";
    case State::kAtRisk:
      return "at_risk";
    case State::kLapsed:
      return "lapsed";
  }
  SEGMENTD_ASSERT(false, "a state has a name");
}

std::string_view CrossingName(Crossing crossing) {
  switch (crossing) {
    case Crossing::kNone:
      return "none";
    case Crossing::kAtRisk:
      return "at_risk";
    case Crossing::kLapsed:
      return "lapsed";
    case Crossing::kRecovered:
      return "recovered";
  }
  SEGMENTD_ASSERT(false, "a crossing has a name");
}

Crossing Step(const Thresholds& thresholds, const Evidence& evidence, State& state) {
  if (state != State::kNone && evidence.purchased && evidence.score > thresholds.leave) {
    state = State::kNone;
    return Crossing::kRecovered;
  }
  const auto below = NextStepBelow(thresholds, state, evidence.prior_score, evidence.tier);
  const bool falls = below && evidence.score < *below;
  if (state == State::kNone && (falls || (evidence.dropped && !evidence.purchased))) {
    state = State::kAtRisk;
    return Crossing::kAtRisk;
  }
  if (state == State::kAtRisk && falls) {
    state = State::kLapsed;
    return Crossing::kLapsed;
  }
  return Crossing::kNone;
}

State Baseline(const Thresholds& thresholds, const Evidence& evidence, State state) {
  Evidence silence = evidence;
  silence.purchased = silence.dropped = false;
  while (Step(thresholds, silence, state) != Crossing::kNone) {
  }
  return state;
}

std::optional<double> NextStepBelow(const Thresholds& thresholds, State state, double prior_score,
                                    Tier tier) {
  if (state == State::kAtRisk) return thresholds.lapsed;
  if (state == State::kLapsed || tier == Tier::kLow) return std::nullopt;
  return std::min(thresholds.enter, kShareOfPrior * prior_score);
}

std::string_view Level(Tier tier) { return tier == Tier::kHigh ? "high" : "medium"; }

std::string Text(const Sentence& sentence) {
  std::string text = sentence.crossing == Crossing::kRecovered
                         ? "ordered again"
                         : Days(std::floor(sentence.idle_days)) + " since the last order";
  if (std::isfinite(sentence.usual_gap_days)) {
    const double gap = std::max(1.0, std::round(sentence.usual_gap_days));
    text += gap == 1 ? "; usually orders every day" : "; usually orders every " + Days(gap);
  }
  if (std::isfinite(sentence.value)) {
    text +=
        fmt::format("; {} expected over the next year", Money(sentence.value, sentence.currency));
  }
  return text;
}

}  // namespace segmentd::risk
