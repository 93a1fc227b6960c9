#include <cmath>

#include "applier.h"
#include "envelope.h"
#include "segmentd/segment/decision.h"

namespace segmentd::pipeline {
namespace {

// The pass over one batch; short-lived.
class Emitter {
 public:
  Emitter(const Context& context, Batch::Body& batch, std::int64_t wall_ms, Effects& effects)
      : context_(context), batch_(batch), wall_ms_(wall_ms), effects_(effects) {}

  void Reject(const event::RawRecord& record, const event::Rejection& rejection) {
    ++effects_.counts.rejected[static_cast<std::size_t>(rejection.code)];
    effects_.outputs.push_back(DeadLetter(context_.options, record, rejection));
  }

  // Before any model: state alone.
  void Unscored(const Item& item, const event::RawRecord& record, Customer& customer) {
    const bool due = context_.options.state_every == StateEvery::kChange && item.first;
    if (due || PeriodIsOver(item, customer)) WriteState(record, item, customer, item.column);
  }

  void Decide(const Item& item, const event::RawRecord& record, Customer& customer);

 private:
  // The customer had a history before the first model: takes its segment as the model's arrival
  // would have given it, so that this event is told from a change of the model.
  void Backfill(const Item& item, const event::RawRecord& record, Customer& customer);
  void Publish(const Item& item, const event::RawRecord& record, const segment::State& before,
               const segment::Decision& decision, std::string_view reason, std::uint32_t column,
               Customer& customer);
  void WriteState(const event::RawRecord& record, const Item& item, Customer& customer,
                  std::uint32_t column);
  segment::Explanation Explain(const segment::Decision& decision, const ChangeFacts& facts,
                               std::uint32_t column) const;
  segment::Decision Take(std::uint32_t column, Customer& customer) const;
  bool PeriodIsOver(const Item& item, const Customer& customer) const;

  const Context& context_;
  Batch::Body& batch_;
  std::int64_t wall_ms_;
  Effects& effects_;
};

segment::Decision Emitter::Take(std::uint32_t column, Customer& customer) const {
  const model::Bundle& bundle = context_.model->bundle;
  return segment::Decide(context_.model->ids, context_.scorer.distances(column),
                         {bundle.margin, bundle.clear_jump, bundle.dwell},
                         context_.scorer.column(column).as_of_ms, customer.segment);
}

// Since the customer's last state record, in event time.
bool Emitter::PeriodIsOver(const Item& item, const Customer& customer) const {
  if (context_.options.state_every != StateEvery::kPeriod) return false;
  const std::optional<std::int64_t> written_ms = customer.segment.written_ms;
  const std::int64_t as_of_ms = context_.scorer.column(item.column).as_of_ms;
  return !written_ms || as_of_ms - *written_ms >= context_.options.state_period_ms;
}

void Emitter::Decide(const Item& item, const event::RawRecord& record, Customer& customer) {
  if (item.before != kNoColumn && customer.segment.current == SegmentId{}) {
    Backfill(item, record, customer);
  }
  const segment::State before = customer.segment;
  const segment::Decision decision = Take(item.column, customer);
  effects_.counts.suppressed += decision.suppressed ? 1 : 0;
  if (decision.changed) {
    Publish(item, record, before, decision, item.late ? "correction" : "event", item.column,
            customer);
  }
  if (PeriodIsOver(item, customer)) WriteState(record, item, customer, item.column);
}

void Emitter::Backfill(const Item& item, const event::RawRecord& record, Customer& customer) {
  const segment::State before = customer.segment;
  const segment::Decision decision = Take(item.before, customer);
  if (context_.options.backfill) {
    Publish(item, record, before, decision, "backfill", item.before, customer);
    return;
  }
  customer.segment.model_sequence = context_.model->bundle.sequence;
  if (context_.options.state_every == StateEvery::kChange) {
    WriteState(record, item, customer, item.before);
  }
}

void Emitter::Publish(const Item& item, const event::RawRecord& record,
                      const segment::State& before, const segment::Decision& decision,
                      std::string_view reason, std::uint32_t column, Customer& customer) {
  const Model& model = *context_.model;
  const model::Segment& current = *model.Find(decision.current);
  const bool from_model = reason == "backfill";
  std::string previous_name;
  ChangeFacts facts;
  facts.customer_id = batch_.customers[item.customer];
  facts.change = "entered";
  facts.reason = reason;
  facts.as_of_ms = context_.scorer.column(column).as_of_ms;
  facts.ordinal = ++customer.segment.ordinal;
  if (decision.previous != SegmentId{}) {
    const model::Segment* previous = model.Find(decision.previous);
    previous_name = previous ? std::string(previous->NameAt(before.model_sequence))
                             : model::SegmentText(decision.previous);
    facts.change = "moved";
    facts.previous = Membership{decision.previous, previous_name, before.since_ms, 0};
    facts.distance_previous = decision.distance_previous;
    if (previous) facts.typical_previous = context_.ready.TypicalOf(model, *previous);
  }
  facts.current =
      Membership{decision.current, current.name(), customer.segment.since_ms, current.activity};
  facts.features = context_.features.names();
  facts.typical_current = context_.ready.TypicalOf(model, current);
  facts.margin = decision.margin;
  facts.distance_current = decision.distance_current;
  facts.model_version = model.version;
  facts.k = static_cast<int>(model.ids.size());
  facts.embedding = model::EmbeddingKindName(model.bundle.embedding.kind);
  facts.explanation = Explain(decision, facts, column);
  facts.cause.kind = from_model ? Cause::Kind::kModel : Cause::Kind::kRecord;
  facts.cause.topic = context_.options.input_topics[static_cast<std::size_t>(record.source)];
  facts.cause.partition = record.partition;
  facts.cause.offset = record.offset;
  facts.cause.event_time_ms = std::get<event::Event>(item.what).event_time_ms;
  facts.cause.model_version = model.version;
  customer.segment.model_sequence = model.bundle.sequence;

  const auto headers = from_model ? std::span<const event::Header>{} : record.headers;
  effects_.outputs.push_back(
      ChangeRecord(context_.options, facts, record.partition, headers, wall_ms_));
  ++effects_.counts.changes;
  effects_.changes.push_back({std::string(facts.customer_id), decision.previous, decision.current,
                              previous_name, std::string(current.name()), reason,
                              facts.explanation.text, facts.as_of_ms});
  if (context_.options.state_every == StateEvery::kChange) {
    WriteState(record, item, customer, column);
  }
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

void Emitter::WriteState(const event::RawRecord& record, const Item& item, Customer& customer,
                         std::uint32_t column) {
  if (context_.options.state_every == StateEvery::kPeriod) {
    customer.segment.written_ms = context_.scorer.column(column).as_of_ms;
  }
  effects_.outputs.push_back(StateOf(context_, record.partition, batch_.customers[item.customer],
                                     customer.segment, column));
}

}  // namespace

void EmitBatch(const Context& context, Batch::Body& batch, std::span<Customer> customers,
               std::int64_t wall_ms, Effects& effects) {
  Emitter emitter(context, batch, wall_ms, effects);
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    const Item& item = batch.items[i];
    const event::RawRecord& record = batch.records[i];
    if (const auto* rejection = std::get_if<event::Rejection>(&item.what)) {
      emitter.Reject(record, *rejection);
    } else if (item.column == kNoColumn) {
      continue;  // a profile or a duplicate: nothing to decide
    } else if (context.model) {
      emitter.Decide(item, record, customers[item.customer]);
    } else {
      emitter.Unscored(item, record, customers[item.customer]);
    }
  }
}

OutRecord StateOf(const Context& context, Partition partition, std::string_view customer_id,
                  const segment::State& state, std::uint32_t column) {
  StateFacts facts;
  facts.customer_id = customer_id;
  if (context.model && state.current != SegmentId{}) {
    const model::Segment* segment = context.model->Find(state.current);
    facts.segment = Membership{state.current, segment ? segment->name() : std::string_view{},
                               state.since_ms, segment ? segment->activity : 0};
    facts.model_version = context.model->version;
  }
  facts.ordinal = state.ordinal;
  facts.as_of_ms = context.scorer.column(column).as_of_ms;
  facts.last_event_ms = context.scorer.column(column).last_event_ms;
  facts.features = context.features.names();
  facts.feature_keys = context.ready.keys();
  facts.values = context.scorer.raw(column);
  return CustomerStateRecord(context.options, facts, partition);
}

}  // namespace segmentd::pipeline
