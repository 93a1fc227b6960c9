#include <algorithm>

#include "applier.h"
#include "envelope.h"
#include "segmentd/model/bundle.h"

namespace segmentd::pipeline {
namespace {

// The last change of all: without a score, a value, or why.
void Exit(const Context& context, Partition partition, std::string_view customer_id,
          std::string_view request, const segment::State& before, ChangeFacts& facts,
          Effects& effects) {
  const Model& model = *context.model;
  const model::Segment* segment = model.Find(before.current);
  const std::string name = segment ? std::string(segment->NameAt(before.model_sequence))
                                   : model::SegmentText(before.current);
  facts.customer_id = customer_id;
  facts.change = "exited";
  facts.reason = "erasure";
  facts.previous = Membership{before.current, name, before.since_ms, 0};
  facts.model_version = model.version;
  facts.k = static_cast<int>(model.ids.size());
  facts.embedding = model::EmbeddingKindName(model.bundle.embedding.kind);
  facts.cause.kind = Cause::Kind::kRequest;
  facts.cause.request = request;
  effects.outputs.push_back(ChangeRecord(context.options, facts, partition, {}, context.wall_ms));
  ++effects.counts.changes;
  ChangeNote& note = effects.changes.emplace_back();
  note.previous = before.current;
  note.previous_name = name;
  note.reason = facts.reason;
  note.as_of_ms = facts.as_of_ms;
}

}  // namespace

void EraseCustomer(const Context& context, Partition partition, std::string_view customer_id,
                   std::string_view request, const PartitionClock& clock, Customer& customer,
                   Effects& effects) {
  const segment::State before = customer.segment;
  ChangeFacts facts;
  facts.as_of_ms = std::max(customer.record.as_of_ms, clock.clock_ms);
  customer = {};
  customer.erased = true;
  customer.segment.ordinal = before.ordinal;
  customer.segment.risk_ordinal = before.risk_ordinal;
  if (before.current != SegmentId{} && context.model != nullptr) {
    facts.ordinal = ++customer.segment.ordinal;
    Exit(context, partition, customer_id, request, before, facts, effects);
  }
  effects.outputs.push_back(
      CustomerStateTombstone(context.options, customer_id, partition, customer.segment.ordinal));
  if (context.options.sample > 0) effects.outputs.push_back(SampleRecord(customer_id, partition));
}

}  // namespace segmentd::pipeline
