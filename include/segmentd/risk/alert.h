#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "segmentd/risk/scores.h"

namespace segmentd::risk {

// DO NOT CHANGE the values: stored customers hold them.
enum class State : std::uint8_t { kNone = 0, kAtRisk = 1, kLapsed = 2 };

std::string_view StateName(State state);  // "at_risk"

// What the configuration says under `risk`.
struct Thresholds {
  double horizon_weeks = 13;
  double enter = 0.35;
  double leave = 0.45;
  double lapsed = 0.10;
};

// What is known of a customer at one decision; a purchase of the same instant is in it.
struct Evidence {
  double score = 0;        // ActiveProbability
  double prior_score = 0;  // just after the last purchase
  Tier tier = Tier::kLow;  // TierOf
  bool purchased = false;  // the cause of the decision is a purchase, a late one included
  bool dropped = false;  // it moved the customer between segments of activity >= 3 and <= 2, down,
                         // and is not a model
};

// A state that was entered or left; each is one record.
enum class Crossing : std::uint8_t { kNone, kAtRisk, kLapsed, kRecovered };

std::string_view CrossingName(Crossing crossing);  // "recovered"

// Takes at most one step. To at risk: the score is below enter and below 0.6 of the prior one, of a
// customer of middle or high value; or a drop, unless the customer has bought just now. From there
// to lapsed by the score. Back to none takes a purchase with a score above leave: so there is one
// alert at most between two purchases, whatever models do meanwhile.
Crossing Step(const Thresholds& thresholds, const Evidence& evidence, State& state);

// Where a model that has just come finds the customer: as far down as silence would have led under
// it. Taken without a record, for that a model speaks first is no alert.
State Baseline(const Thresholds& thresholds, const Evidence& evidence, State state);

// The score below which silence alone takes the next step: what a timer waits for. Nothing when
// silence changes nothing more.
std::optional<double> NextStepBelow(const Thresholds& thresholds, State state, double prior_score,
                                    Tier tier);

// "medium" or "high": whom to call first.
std::string_view Level(Tier tier);

// What a person in a retention team wants to read: "41 days since the last order; usually orders
// every 9 days; 182 EUR expected over the next year". What is missing (NaN, no currency) is left
// out.
struct Sentence {
  Crossing crossing = Crossing::kAtRisk;
  double idle_days = 0;
  double usual_gap_days = 0;
  double value = 0;  // over a year, as of now
  std::string_view currency = {};
};
std::string Text(const Sentence& sentence);

}  // namespace segmentd::risk
