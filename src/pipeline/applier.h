#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "batch.h"
#include "ready_json.h"
#include "scorer.h"
#include "segmentd/pipeline/pipeline.h"

namespace segmentd::pipeline {

// What both passes over a batch work with.
struct Context {
  const Options& options;
  const Model* model;  // nullptr: none yet
  const feature::FeatureSet& features;
  const ReadyJson& ready;
  Scorer& scorer;
};

// First pass, in order: time checks, profiles, folding; adds a column per decision (and one for the
// state before it where a customer meets the first model). Turns what is refused into rejections.
void FoldBatch(const Context& context, Batch::Body& batch, std::span<Customer> customers,
               std::span<std::uint8_t> touched, PartitionClock& clock, std::int64_t wall_ms,
               Counts& counts);

// Second pass, in order, once the columns are scored: decisions, changes, state records, dead
// letters.
void EmitBatch(const Context& context, Batch::Body& batch, std::span<Customer> customers,
               std::int64_t wall_ms, Effects& effects);

// The state record of a customer whose snapshot is in a column.
OutRecord StateOf(const Context& context, Partition partition, std::string_view customer_id,
                  const segment::State& state, std::uint32_t column);

}  // namespace segmentd::pipeline
