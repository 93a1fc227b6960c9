#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/event/decoder.h"
#include "segmentd/event/raw_record.h"
#include "segmentd/pipeline/customer.h"
#include "segmentd/pipeline/model.h"
#include "segmentd/pipeline/output.h"

namespace segmentd::pipeline {

enum class OutputFormat : std::uint8_t { kJson, kProtobuf };
enum class StateEvery : std::uint8_t { kChange, kCommit, kPeriod };

struct Options {
  std::string app;      // ce_source, ce_id
  std::string version;  // of segmentd, for DLQ headers
  event::Format transactions;
  event::Format profiles;
  std::array<std::string, 2> input_topics;  // by event::Source, for causes and DLQ headers
  OutputFormat format = OutputFormat::kJson;
  bool backfill = false;
  StateEvery state_every = StateEvery::kChange;
  std::int64_t state_period_ms = 0;  // with kPeriod
  std::int64_t out_of_orderness_ms = 0;
  std::int64_t allowed_lateness_ms = 0;
  std::int64_t max_future_ms = 0;
  std::int64_t output_bytes_max = 1'000'000;
  feature::Plan plan;  // what state records show before the first model
};

// The event-time clock of one partition: newest accepted event time minus out-of-orderness.
struct PartitionClock {
  std::int64_t clock_ms = INT64_MIN;  // nothing accepted yet
};

// Plain counts of one or more batches; telemetry turns them into metrics.
struct Counts {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t accepted = 0;
  std::uint64_t profiles = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t late = 0;
  std::uint64_t without_id = 0;
  std::array<std::uint64_t, 12> rejected{};  // by event::RejectCode
  std::uint64_t changes = 0;
  std::uint64_t suppressed = 0;  // kept by hysteresis

  void Add(const Counts& other);
};

// A change as the demo, the metrics and the status board see it; its record is in outputs already.
struct ChangeNote {
  std::string customer_id;
  SegmentId previous;
  SegmentId current;
  std::string previous_name;
  std::string current_name;
  std::string_view reason;  // a literal
  std::string text;
  std::int64_t as_of_ms = 0;
};

// What a batch does to the world, as data. Outputs stand in the order of their causes.
struct Effects {
  std::vector<OutRecord> outputs;
  std::vector<ChangeNote> changes;
  Counts counts;

  void Clear();
};

// The records of one partition, decoded, with the distinct customers that they touch. Reused
// between batches; its views end with the raw records.
class Batch {
 public:
  struct Body;  // the module's own

  Batch();
  ~Batch();
  // The ids whose state Apply needs, each once, in order of first appearance.
  std::span<const std::string_view> customers() const;

 private:
  friend class Pipeline;
  std::unique_ptr<Body> body_;
};

// Records + customers' state + model -> effects. No IO, no clock, no thread, no log: a function of
// its arguments alone, in whatever pieces a partition's input comes. One thread per Pipeline.
//
//   pipeline.Decode(records, batch);
//   ... fetch the state of batch.customers() ...
//   pipeline.Apply(batch, states, clock, wall_ms, effects);
class Pipeline {
 public:
  static Result<std::unique_ptr<Pipeline>> Create(const Options& options);
  ~Pipeline();

  // The model that scores from the next Apply on; nullptr: state only.
  void UseModel(std::shared_ptr<const Model> model);
  const Model* model() const;

  // Decodes the records of ONE partition (both sources may be mixed), in their order. What cannot
  // be used is kept for Apply to dead-letter in its place.
  void Decode(std::span<const event::RawRecord> records, Batch& batch);

  // Takes the batch's decisions in order. customers[i] is the state of batch.customers()[i]
  // (default-constructed when unknown) and is updated in place; touched[i] is set when it changed.
  // wall_ms serves from_future alone, and ce_recordedtime. Effects are appended.
  void Apply(Batch& batch, std::span<Customer> customers, std::span<std::uint8_t> touched,
             PartitionClock& clock, std::int64_t wall_ms, Effects& effects);

  // The customer.state.v1 record of a customer as it stands (StateEvery::kCommit).
  OutRecord StateRecord(Partition partition, std::string_view customer_id,
                        const Customer& customer);

 private:
  struct Body;
  explicit Pipeline(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::pipeline
