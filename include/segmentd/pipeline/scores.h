#pragma once

#include <optional>

#include "segmentd/pipeline/model.h"
#include "segmentd/risk/alert.h"
#include "segmentd/segment/decision.h"

namespace segmentd::pipeline {

// A customer's risk and value as of one instant, as outputs tell them.
struct Scores {
  double score = 0;
  double prior_score = 0;  // just after the last purchase
  double clv_365d = 0;
  risk::Tier tier = risk::Tier::kLow;
};

// Scores with one model's parameters; neutral until it has any. Lives with the model.
class Risk {
 public:
  Risk(const Model* model, const risk::Thresholds& thresholds)
      : parameters_(model == nullptr || model->bundle.risk.kind == risk::Kind::kNone
                        ? nullptr
                        : &model->bundle.risk),
        thresholds_(thresholds) {}

  bool on() const { return parameters_ != nullptr; }
  // REQUIRES: on.
  Scores Of(const risk::History& history) const;

  struct Happened {
    bool purchased = false;       // the cause is a purchase
    bool dropped = false;         // from a segment of the active to one that is not, by behaviour
    std::optional<double> score;  // where it is known already
  };
  // The state's step at a decision. Computes no more than it takes to see that there is none.
  // REQUIRES: on.
  risk::Crossing Step(const risk::History& history, const Happened& happened,
                      segment::State& state) const;
  // Where a model that has just come finds the customer. REQUIRES: on.
  void Begin(const risk::History& history, segment::State& state) const;

 private:
  double ScoreOf(const risk::History& history) const;

  const risk::Parameters* parameters_;
  const risk::Thresholds& thresholds_;
};

}  // namespace segmentd::pipeline
