#include <algorithm>
#include <cmath>
#include <limits>

#include "emitter.h"
#include "envelope.h"
#include "sample_writer.h"
#include "segmentd/base/ids.h"

namespace segmentd::pipeline {

void Emitter::Reject(const event::RawRecord& record, const event::Rejection& rejection) {
  ++effects_.counts.rejected[static_cast<std::size_t>(rejection.code)];
  effects_.outputs.push_back(DeadLetter(context_.options, record, rejection));
}

void Emitter::Unscored(const Item& item) {
  const bool due = context_.options.state_every == StateEvery::kChange && item.first;
  if (due || PeriodIsOver(item.customer, item.column)) WriteState(item.customer, item.column);
}

segment::Decision Emitter::Take(std::uint32_t column, Customer& customer, int dwell) const {
  const model::Bundle& bundle = context_.model->bundle;
  return segment::Decide(context_.model->ids, context_.scorer.distances(column),
                         {bundle.margin, bundle.clear_jump, dwell},
                         context_.scorer.column(column).as_of_ms, customer.segment);
}

// Since the customer's last state record, in event time.
bool Emitter::PeriodIsOver(std::uint32_t customer, std::uint32_t column) const {
  if (context_.options.state_every != StateEvery::kPeriod) return false;
  const std::optional<std::int64_t> written_ms = context_.customers[customer].segment.written_ms;
  const std::int64_t as_of_ms = context_.scorer.column(column).as_of_ms;
  return !written_ms || as_of_ms - *written_ms >= context_.options.state_period_ms;
}

void Emitter::Decide(const Item& item, const event::RawRecord& record) {
  const segment::State& state = context_.customers[item.customer].segment;
  if (item.before != kNoColumn && state.current == SegmentId{}) {
    Backfill(item.customer, item.before, BasisBefore(item));
  }
  const auto& event = std::get<event::Event>(item.what);
  Occasion occasion{item.customer, item.column, item.late ? "correction" : "event", {}, {}};
  occasion.cause.topic = context_.options.input_topics[static_cast<std::size_t>(record.source)];
  occasion.cause.partition = record.partition;
  occasion.cause.offset = record.offset;
  occasion.cause.event_time_ms = event.event_time_ms;
  occasion.headers = record.headers;
  occasion.purchase = event.kind == event::Kind::kPurchase;
  Settle(occasion);
}

void Emitter::Settle(const Occasion& occasion) {
  Customer& customer = context_.customers[occasion.customer];
  const segment::State before = customer.segment;
  const segment::Decision decision = Take(occasion.column, customer, context_.model->bundle.dwell);
  effects_.counts.suppressed += decision.suppressed ? 1 : 0;
  const risk::Crossing crossing = StepRisk(occasion, before, decision, customer.segment);
  const bool crossed = crossing != risk::Crossing::kNone;
  if (decision.changed) Publish(occasion, before, decision, crossing);
  if (crossed) Alert(occasion, crossing);
  const bool told =
      context_.options.state_every == StateEvery::kChange && (decision.changed || crossed);
  // A timer that finds all as it was leaves no trace, and no state record either.
  const bool found = occasion.cause.kind == Cause::Kind::kRecord || !(customer.segment == before);
  if (told || (found && PeriodIsOver(occasion.customer, occasion.column))) {
    WriteState(occasion.customer, occasion.column);
  }
}

risk::Crossing Emitter::StepRisk(const Occasion& occasion, const segment::State& before,
                                 const segment::Decision& decision, segment::State& state) const {
  const std::optional<risk::History>& history = context_.scorer.column(occasion.column).history;
  if (!context_.risk.on() || !history) return risk::Crossing::kNone;
  Risk::Happened happened;
  happened.purchased = occasion.purchase;
  happened.score = occasion.score;
  if (decision.changed) {
    constexpr int kActive = 3;
    const model::Segment* left = context_.model->Find(before.current);
    happened.dropped = left != nullptr && left->activity >= kActive &&
                       context_.model->Find(decision.current)->activity < kActive;
  }
  const risk::Crossing crossing = context_.risk.Step(*history, happened, state);
  if (crossing != risk::Crossing::kNone) ++state.risk_ordinal;
  return crossing;
}

Occasion Emitter::Due(const Firing& firing) const {
  Occasion occasion{firing.customer, firing.column, "inactivity", {}, {}};
  occasion.cause.kind = Cause::Kind::kTimer;
  occasion.cause.due_ms = firing.deadline.at_ms;
  occasion.score = firing.deadline.score;
  return occasion;
}

// A timer that finds nothing new leaves nothing behind, so that it may fire again.
void Emitter::Fire(const Firing& firing) {
  const auto kind = static_cast<std::size_t>(firing.deadline.kind);
  ++effects_.counts.fired[kind];
  effects_.counts.delay[kind].Add(
      std::max<std::int64_t>(context_.wall_ms - firing.deadline.at_ms, 0));
  if (firing.deadline.kind == TimerKind::kExpiry) {
    Expire(firing);
    return;
  }
  if (context_.model == nullptr) return;
  Customer& customer = context_.customers[firing.customer];
  const segment::State before = customer.segment;
  Settle(Due(firing));
  if (customer.segment == before) return;
  Look(firing, firing.deadline.at_ms);
}

// The customer was looked at, and something came of it.
void Emitter::Look(const Firing& firing, std::int64_t at_ms) {
  std::int64_t& as_of_ms = context_.customers[firing.customer].record.as_of_ms;
  context_.outcomes[firing.customer].changed = true;
  if (!firing.over) as_of_ms = std::max(as_of_ms, at_ms);
}

void Emitter::Expire(const Firing& firing) {
  segment::State& state = context_.customers[firing.customer].segment;
  const segment::State before = state;
  state = {};
  state.ordinal = before.ordinal;
  state.risk_ordinal = before.risk_ordinal;
  const std::string_view customer_id = batch_.customers[firing.customer];
  if (before.current != SegmentId{} && context_.model != nullptr) {
    const std::string name = NameOf(before);
    ChangeFacts facts;
    facts.change = "exited";
    facts.as_of_ms = firing.deadline.at_ms;
    facts.ordinal = ++state.ordinal;
    facts.previous = Membership{before.current, name, before.since_ms, 0};
    Send(Due(firing), facts, before.current, risk::Crossing::kNone);
  }
  effects_.outputs.push_back(
      CustomerStateTombstone(context_.options, customer_id, batch_.partition, state.ordinal));
  if (context_.options.sample > 0) {
    effects_.outputs.push_back(SampleRecord(customer_id, batch_.partition));
  }
}

std::string Emitter::NameOf(const segment::State& state) const {
  const model::Segment* segment = context_.model->Find(state.current);
  return segment ? std::string(segment->NameAt(state.model_sequence))
                 : model::SegmentText(state.current);
}

void Emitter::Publish(const Occasion& occasion, const segment::State& before,
                      const segment::Decision& decision, risk::Crossing crossing) {
  const Model& model = *context_.model;
  segment::State& state = context_.customers[occasion.customer].segment;
  const model::Segment& current = *model.Find(decision.current);
  std::string previous_name;
  ChangeFacts facts;
  facts.change = "entered";
  facts.as_of_ms = context_.scorer.column(occasion.column).as_of_ms;
  facts.ordinal = ++state.ordinal;
  if (decision.previous != SegmentId{}) {
    previous_name = NameOf(before);
    facts.change = "moved";
    facts.previous = Membership{decision.previous, previous_name, before.since_ms, 0};
  }
  facts.current = Membership{decision.current, current.name(), state.since_ms, current.activity};
  Judgement& judgement = facts.judgement.emplace();
  judgement.explanation = Explain(decision, facts, occasion.column);
  judgement.margin = decision.margin;
  judgement.distance_current = decision.distance_current;
  if (facts.previous) judgement.distance_previous = decision.distance_previous;
  const model::Segment* previous = model.Find(decision.previous);
  if (previous != nullptr) {
    judgement.typical_previous = context_.ready.TypicalOf(model, *previous);
  }
  judgement.typical_current = context_.ready.TypicalOf(model, current);
  judgement.risk = RiskOf(context_, state, occasion.column);
  judgement.risk.crossed = crossing != risk::Crossing::kNone;
  state.model_sequence = model.bundle.sequence;
  Send(occasion, facts, decision.previous, crossing);
}

// What all changes have in common.
void Emitter::Send(const Occasion& occasion, ChangeFacts& facts, SegmentId previous,
                   risk::Crossing crossing) {
  const Model& model = *context_.model;
  facts.customer_id = batch_.customers[occasion.customer];
  facts.reason = occasion.reason;
  facts.features = context_.features.names();
  facts.model_version = model.version;
  facts.k = static_cast<int>(model.ids.size());
  facts.embedding = model::EmbeddingKindName(model.bundle.embedding.kind);
  facts.cause = occasion.cause;
  effects_.outputs.push_back(
      ChangeRecord(context_.options, facts, batch_.partition, occasion.headers, context_.wall_ms));
  ++effects_.counts.changes;
  ChangeNote& note = effects_.changes.emplace_back();
  note.customer_id = facts.customer_id;
  note.previous = previous;
  if (facts.previous) note.previous_name = facts.previous->name;
  if (facts.current) note.current = facts.current->id;
  if (facts.current) note.current_name = facts.current->name;
  note.reason = facts.reason;
  note.crossing = crossing;
  if (facts.judgement) note.text = facts.judgement->explanation.text;
  note.as_of_ms = facts.as_of_ms;
}

// REQUIRES: the model has risk parameters and the customer a history.
void Emitter::Alert(const Occasion& occasion, risk::Crossing crossing) {
  const Model& model = *context_.model;
  const segment::State& state = context_.customers[occasion.customer].segment;
  const Scorer::Column& basis = context_.scorer.column(occasion.column);
  AlertFacts facts;
  facts.customer_id = batch_.customers[occasion.customer];
  facts.state = risk::CrossingName(crossing);
  facts.reason = occasion.reason;
  facts.as_of_ms = basis.as_of_ms;
  facts.risk_ordinal = state.risk_ordinal;
  facts.scores = context_.risk.Of(*basis.history);
  facts.idle_days =
      static_cast<double>(basis.as_of_ms - basis.last_purchase_ms) / static_cast<double>(kDayMs);
  facts.usual_gap_days = basis.history->frequency > 0
                             ? basis.history->recency_weeks * 7 / basis.history->frequency
                             : std::numeric_limits<double>::quiet_NaN();
  facts.segment = state.current;
  facts.segment_name = model.Find(state.current)->name();
  facts.text = risk::Text({crossing, facts.idle_days, facts.usual_gap_days, facts.scores.clv_365d,
                           model.bundle.currency});
  facts.model_version = model.version;
  facts.k = static_cast<int>(model.ids.size());
  facts.embedding = model::EmbeddingKindName(model.bundle.embedding.kind);
  facts.cause = occasion.cause;
  effects_.outputs.push_back(
      AlertRecord(context_.options, facts, batch_.partition, occasion.headers, context_.wall_ms));
  effects_.alerts.push_back(
      {std::string(facts.customer_id), crossing, facts.text, facts.as_of_ms, occasion.reason});
}

segment::Explanation Emitter::Explain(const segment::Decision& decision, const ChangeFacts& facts,
                                      std::uint32_t column) const {
  const model::Segment& current = *context_.model->Find(decision.current);
  const model::Segment* previous = context_.model->Find(decision.previous);
  const auto mean = [](const model::Segment& of) {
    return std::span<const float>(of.mean.data(), static_cast<std::size_t>(of.mean.size()));
  };
  segment::Comparison comparison;
  comparison.features = context_.features.names();
  comparison.raw = context_.scorer.raw(column);
  comparison.scaled = context_.scorer.scaled(column);
  comparison.current_mean = mean(current);
  comparison.current_typical = current.typical;
  comparison.current_name = current.name();
  if (previous) {
    comparison.previous_mean = mean(*previous);
    comparison.previous_typical = previous->typical;
    comparison.previous_name = facts.previous->name;
  }
  return segment::Explain(comparison, context_.model->phrases);
}

void Emitter::WriteState(std::uint32_t customer, std::uint32_t column) {
  if (context_.options.state_every == StateEvery::kPeriod) {
    context_.customers[customer].segment.written_ms = context_.scorer.column(column).as_of_ms;
  }
  effects_.outputs.push_back(StateOf(context_, batch_.partition, batch_.customers[customer],
                                     context_.customers[customer].segment, column));
}

void Emitter::Pass(const Firing& firing) {
  firing.follows ? Follow(firing) : Fire(firing);
  if (firing.sampled) Sample(firing.customer);
}

void Emitter::Sample(std::uint32_t customer) {
  OutRecord& sample = effects_.outputs.emplace_back(std::move(batch_.samples[samples_++]));
  if (context_.model != nullptr) {
    WriteSampleSegment(context_.customers[customer].segment.current, *sample.value);
  }
  ++effects_.counts.samples;
}

void EmitBatch(const Context& context, Batch::Body& batch, Effects& effects) {
  Emitter emitter(context, batch, effects);
  auto firing = batch.firings.begin();
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    for (; firing != batch.firings.end() && firing->before == i; ++firing) emitter.Pass(*firing);
    const Item& item = batch.items[i];
    const event::RawRecord& record = batch.records[i];
    if (const auto* rejection = std::get_if<event::Rejection>(&item.what)) {
      emitter.Reject(record, *rejection);
    } else if (item.column != kNoColumn) {  // else a profile or a duplicate: nothing to decide
      context.model ? emitter.Decide(item, record) : emitter.Unscored(item);
    }
    if (item.sampled) emitter.Sample(item.customer);
  }
  for (; firing != batch.firings.end(); ++firing) emitter.Pass(*firing);
}

RiskFacts RiskOf(const Context& context, const segment::State& state, std::uint32_t column) {
  RiskFacts facts;
  facts.state = risk::StateName(static_cast<risk::State>(state.risk));
  const std::optional<risk::History>& history = context.scorer.column(column).history;
  if (context.risk.on() && history) facts.scores = context.risk.Of(*history);
  return facts;
}

OutRecord StateOf(const Context& context, Partition partition, std::string_view customer_id,
                  const segment::State& state, std::uint32_t column) {
  StateFacts facts;
  facts.customer_id = customer_id;
  facts.values = context.scorer.raw(column);
  facts.risk = RiskOf(context, state, column);
  if (context.model && state.current != SegmentId{}) {
    const model::Segment* segment = context.model->Find(state.current);
    if (segment != nullptr && facts.risk.scores) {
      facts.next_categories =
          risk::NextCategories(segment->categories, facts.values,
                               static_cast<double>(context.scorer.column(column).orders));
    }
    facts.segment = Membership{state.current, segment ? segment->name() : std::string_view{},
                               state.since_ms, segment ? segment->activity : 0};
    facts.model_version = context.model->version;
  }
  facts.ordinal = state.ordinal;
  facts.as_of_ms = context.scorer.column(column).as_of_ms;
  facts.last_event_ms = context.scorer.column(column).last_event_ms;
  facts.features = context.features.names();
  facts.feature_keys = context.ready.keys();
  return CustomerStateRecord(context.options, facts, partition);
}

}  // namespace segmentd::pipeline
