#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "batch.h"
#include "facts.h"
#include "ready_json.h"
#include "scorer.h"
#include "segmentd/pipeline/deadlines.h"
#include "segmentd/pipeline/pipeline.h"
#include "segmentd/pipeline/scores.h"

namespace segmentd::pipeline {

// What both passes over a batch work with.
struct Context {
  const Options& options;
  const Model* model;  // nullptr: none yet
  const feature::FeatureSet& features;
  const Deadlines& deadlines;
  const Risk risk;
  const ReadyJson& ready;
  Scorer& scorer;
  std::span<Customer> customers;
  std::span<Outcome> outcomes;
  std::int64_t wall_ms;
};

// First pass, in order: time checks, due timers, profiles, folding; adds a column per decision (and
// one for the state before it where a customer meets the first model). Turns what is refused into
// rejections.
void FoldBatch(const Context& context, Batch::Body& batch, PartitionClock& clock, Counts& counts);

// The same for timers alone.
void FoldTimers(const Context& context, Batch::Body& batch, std::span<const DueTimer> due,
                const PartitionClock& clock);

// The same for customers that are to follow a change of model.
void FoldSwitch(const Context& context, Batch::Body& batch, const PartitionClock& clock);

// Second pass, in order, once the columns are scored: decisions, changes, state records, dead
// letters.
void EmitBatch(const Context& context, Batch::Body& batch, Effects& effects);

// Forgets a customer on request: what is left of it are its ordinals.
void EraseCustomer(const Context& context, Partition partition, std::string_view customer_id,
                   std::string_view request, const PartitionClock& clock, Customer& customer,
                   Effects& effects);

// Where the risk of a customer stands whose snapshot is in a column.
RiskFacts RiskOf(const Context& context, const segment::State& state, std::uint32_t column);

// The state record of a customer whose snapshot is in a column.
OutRecord StateOf(const Context& context, Partition partition, std::string_view customer_id,
                  const segment::State& state, std::uint32_t column);

}  // namespace segmentd::pipeline
