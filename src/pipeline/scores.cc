#include "segmentd/pipeline/scores.h"

namespace segmentd::pipeline {
namespace {

// As it was just after the last purchase.
risk::History WithoutSilence(risk::History history) {
  history.age_weeks = history.recency_weeks;
  return history;
}

}  // namespace

double Risk::ScoreOf(const risk::History& history) const {
  return risk::ActiveProbability(*parameters_, history, thresholds_.horizon_weeks);
}

Scores Risk::Of(const risk::History& history) const {
  return {ScoreOf(history), ScoreOf(WithoutSilence(history)),
          risk::Value(*parameters_, history, risk::kYearWeeks),
          risk::TierOf(*parameters_, history)};
}

risk::Crossing Risk::Step(const risk::History& history, const Happened& happened,
                          segment::State& state) const {
  auto risk_state = static_cast<risk::State>(state.risk);
  const bool well = risk_state == risk::State::kNone;
  // Just bought and not at risk: nothing can fall.
  if (well && happened.purchased && history.age_weeks <= history.recency_weeks) {
    return risk::Crossing::kNone;
  }
  risk::Evidence evidence;
  evidence.score = happened.score ? *happened.score : ScoreOf(history);
  evidence.purchased = happened.purchased;
  evidence.dropped = happened.dropped;
  if (well && evidence.score < thresholds_.enter) {
    evidence.prior_score = ScoreOf(WithoutSilence(history));
    // Dear, and mostly not what decides: as if low, which falls never.
    const auto below =
        risk::NextStepBelow(thresholds_, risk_state, evidence.prior_score, risk::Tier::kHigh);
    if (below && evidence.score < *below) evidence.tier = risk::TierOf(*parameters_, history);
  }
  const risk::Crossing crossing = risk::Step(thresholds_, evidence, risk_state);
  state.risk = static_cast<std::uint8_t>(risk_state);
  return crossing;
}

void Risk::Begin(const risk::History& history, segment::State& state) const {
  risk::Evidence evidence;
  evidence.score = ScoreOf(history);
  evidence.prior_score = ScoreOf(WithoutSilence(history));
  evidence.tier = risk::TierOf(*parameters_, history);
  state.risk = static_cast<std::uint8_t>(
      risk::Baseline(thresholds_, evidence, static_cast<risk::State>(state.risk)));
}

}  // namespace segmentd::pipeline
