// The part of Emitter for customers that meet a model that has come.
#include "emitter.h"
#include "segmentd/pipeline/history.h"

namespace segmentd::pipeline {

void Emitter::Backfill(std::uint32_t customer, std::uint32_t column,
                       const std::optional<risk::History>& risk) {
  Customer& met = context_.customers[customer];
  const segment::State before = met.segment;
  const segment::Decision decision = Take(column, met, context_.model->bundle.dwell);
  if (context_.risk.on() && risk) context_.risk.Begin(*risk, met.segment);
  met.segment.model_sequence = context_.model->bundle.sequence;
  if (context_.options.backfill) {
    Publish(ByModel(customer, column, "backfill"), before, decision, risk::Crossing::kNone);
  }
  if (context_.options.state_every == StateEvery::kChange) WriteState(customer, column);
}

// As if the model had spoken just before the event: that it speaks first is no alert. A purchase
// ends whatever silence there was.
std::optional<risk::History> Emitter::BasisBefore(const Item& item) const {
  const Scorer::Column& before = context_.scorer.column(item.before);
  if (std::get<event::Event>(item.what).kind == event::Kind::kPurchase) return std::nullopt;
  std::optional<risk::History> history = before.history;
  if (history) {
    history->age_weeks =
        history->recency_weeks +
        WeeksBetween(before.last_purchase_ms, context_.scorer.column(item.column).as_of_ms);
  }
  return history;
}

Occasion Emitter::ByModel(std::uint32_t customer, std::uint32_t column,
                          std::string_view reason) const {
  Occasion occasion{customer, column, reason, {}, {}};
  occasion.cause.kind = Cause::Kind::kModel;
  occasion.cause.model_version = context_.model->version;
  return occasion;
}

// Dwelling is for customers that waver; a model comes once, so that its margin alone decides.
void Emitter::Follow(const Firing& firing) {
  Customer& customer = context_.customers[firing.customer];
  const segment::State before = customer.segment;
  const Scorer::Column& basis = context_.scorer.column(firing.column);
  ++effects_.counts.followed;
  if (before.current == SegmentId{}) {
    Backfill(firing.customer, firing.column, basis.history);
  } else {
    const segment::Decision decision = Take(firing.column, customer, /*dwell=*/1);
    if (context_.risk.on() && basis.history) context_.risk.Begin(*basis.history, customer.segment);
    if (decision.changed) {
      ++effects_.counts.moved;
      Publish(ByModel(firing.customer, firing.column, "model"), before, decision,
              risk::Crossing::kNone);
      if (context_.options.state_every == StateEvery::kChange) {
        WriteState(firing.customer, firing.column);
      }
    }
  }
  if (customer.segment == before) return;
  Look(firing, basis.as_of_ms);
}

}  // namespace segmentd::pipeline
