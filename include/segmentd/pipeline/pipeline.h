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
#include "segmentd/pipeline/counts.h"
#include "segmentd/pipeline/customer.h"
#include "segmentd/pipeline/deadlines.h"
#include "segmentd/pipeline/model.h"
#include "segmentd/pipeline/output.h"
#include "segmentd/pipeline/partition_clock.h"
#include "segmentd/pipeline/step.h"

namespace segmentd::pipeline {

enum class OutputFormat : std::uint8_t { kJson, kProtobuf };
enum class StateEvery : std::uint8_t { kChange, kCommit, kPeriod };

struct Options {
  std::string app;      // ce_source, ce_id
  std::string version;  // of segmentd, for DLQ headers
  event::Format transactions;
  event::Format profiles;
  std::array<std::string, event::kSources> input_topics;  // for causes and DLQ headers
  OutputFormat format = OutputFormat::kJson;
  bool backfill = false;
  StateEvery state_every = StateEvery::kChange;
  std::int64_t state_period_ms = 0;  // with kPeriod
  std::int64_t out_of_orderness_ms = 0;
  std::int64_t allowed_lateness_ms = 0;
  std::int64_t max_future_ms = 0;
  std::int64_t expire_after_ms = 0;  // 0: customers do not expire
  double sample = 0;                 // share of the customers that are learned from; 0: none
  risk::Thresholds risk;
  std::int64_t output_bytes_max = 1'000'000;
  feature::Plan plan;  // what state records show before the first model
};

// An armed timer whose time has come.
struct DueTimer {
  std::int64_t deadline_ms = 0;
  std::string_view customer_id;
};

// What became of a customer in a batch.
struct Outcome {
  bool changed = false;          // its state
  std::int64_t arm_ms = kNever;  // a timer must be armed for this instant; kNever: no other one
};

// A change as the demo, the metrics and the status board see it; its record is in outputs already.
struct ChangeNote {
  std::string customer_id;
  SegmentId previous;
  SegmentId current;  // 0: none any more
  std::string previous_name;
  std::string current_name;
  std::string_view reason;                          // a literal
  risk::Crossing crossing = risk::Crossing::kNone;  // with the same cause
  std::string text;
  std::int64_t as_of_ms = 0;
};

// A risk state entered or left; its record is in outputs already.
struct AlertNote {
  std::string customer_id;
  risk::Crossing crossing = risk::Crossing::kNone;
  std::string text;
  std::int64_t as_of_ms = 0;
  std::string_view reason;  // a literal
};

// What a batch does to the world, as data. Outputs stand in the order of their causes.
struct Effects {
  std::vector<OutRecord> outputs;
  std::vector<ChangeNote> changes;
  std::vector<AlertNote> alerts;
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

  // Whom to tell of the steps of what is called from here on; empty: nobody.
  void TellSteps(OnStep told);

  // Decodes the records of ONE partition (both sources may be mixed), in their order. What cannot
  // be used is kept for Apply to dead-letter in its place.
  void Decode(std::span<const event::RawRecord> records, Batch& batch);

  // Takes the batch's decisions in order, before each event those of its customer's timers that
  // were due. customers[i] is the state of batch.customers()[i] (default-constructed when unknown)
  // and is updated in place; outcomes[i] says what became of it. wall_ms serves from_future alone,
  // and ce_recordedtime. Effects are appended.
  void Apply(Batch& batch, std::span<Customer> customers, std::span<Outcome> outcomes,
             PartitionClock& clock, std::int64_t wall_ms, Effects& effects);

  // Fires what is due by the partition's clock for customers[i], the state of due[i].customer_id,
  // from due[i].deadline_ms on; each customer once. outcomes[i].arm_ms is what the customer waits
  // for next; before the clock where the call had enough to do.
  void Fire(Partition partition, std::span<const DueTimer> due, std::span<Customer> customers,
            std::span<Outcome> outcomes, const PartitionClock& clock, std::int64_t wall_ms,
            Effects& effects);

  // Has customers follow the partition's last change of model that have not yet, and fires what has
  // been due for them since. customers[i] is the state of ids[i]; outcomes as from Fire.
  void Follow(Partition partition, std::span<const std::string_view> ids,
              std::span<Customer> customers, std::span<Outcome> outcomes,
              const PartitionClock& clock, std::int64_t wall_ms, Effects& effects);

  // The deadlines under a model, or under none; good for any thread and for good.
  std::shared_ptr<const Deadlines> DeadlinesUnder(const Model* model) const;

  // Forgets a customer on request: it leaves its segment, its state record is deleted, and what is
  // left of it is its ordinals.
  void Erase(Partition partition, std::string_view customer_id, std::string_view request,
             Customer& customer, const PartitionClock& clock, std::int64_t wall_ms,
             Effects& effects);

  // Dead-letters a record unread, for a reason that is not in its bytes.
  void Refuse(const event::RawRecord& record, const event::Rejection& rejection, Effects& effects);

  // The customer.state.v1 record of a customer as it stands (StateEvery::kCommit).
  OutRecord StateRecord(Partition partition, std::string_view customer_id,
                        const Customer& customer);

 private:
  struct Body;
  explicit Pipeline(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::pipeline
