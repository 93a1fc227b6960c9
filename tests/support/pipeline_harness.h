#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "segmentd/pipeline/pipeline.h"

namespace segmentd::support {

// An input record that owns its bytes.
struct OwnedRecord {
  event::Source source = event::Source::kTransactions;
  std::int64_t offset = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<event::Header> headers;  // of literals
};

// A purchase as the contract's JSON.
OwnedRecord Purchase(const std::string& customer, const std::string& time, double amount,
                     const std::string& id = "");

pipeline::Options TestOptions();

// One partition of a pipeline with its state in a map and its timers in a set, as the simplest
// runtime there could be.
class PipelineHarness {
 public:
  explicit PipelineHarness(const pipeline::Options& options = TestOptions());

  // Runs records as batches of at most batch_max.
  void Run(const std::vector<OwnedRecord>& records, std::size_t batch_max = SIZE_MAX);
  // Fires up to timers_max of the timers that are due; false when none was.
  bool Sweep(std::size_t timers_max = SIZE_MAX);
  // Forgets the timers and arms anew what each stored customer waits for.
  void RebuildTimers();
  // Wall time moves the clock; then fires what is due.
  void PassTime(std::int64_t to_ms);

  // From the next record on; the customers that there are have yet to follow.
  void UseModel(std::shared_ptr<const pipeline::Model> model);
  // Has the next customers follow; false when all have.
  bool Follow(std::size_t customers_max = SIZE_MAX);

  pipeline::Pipeline& pipeline() { return *pipeline_; }
  const pipeline::Effects& effects() const { return effects_; }
  std::vector<pipeline::OutRecord> Outputs(pipeline::Topic topic) const;
  // Encoded state by customer.
  const std::map<std::string, std::string>& states() const { return states_; }
  const pipeline::PartitionClock& clock() const { return clock_; }
  const std::set<std::pair<std::int64_t, std::string>>& timers() const { return timers_; }

  std::int64_t wall_ms = 1'800'000'000'000;  // 2027-01-15
  std::size_t sweep_max = SIZE_MAX;          // timers after each batch

 private:
  void RunBatch(const std::vector<event::RawRecord>& records);
  std::vector<pipeline::Customer> Fetch(std::span<const std::string_view> ids) const;
  void Keep(std::span<const std::string_view> ids, std::span<const pipeline::Customer> customers,
            std::span<const pipeline::Outcome> outcomes);

  std::unique_ptr<pipeline::Pipeline> pipeline_;
  pipeline::PartitionClock clock_;
  pipeline::Effects effects_;
  std::map<std::string, std::string> states_;
  std::set<std::pair<std::int64_t, std::string>> timers_;
};

// Of each customer all samples there were, each once, and the last one: a look may come again.
std::map<std::string, std::string> SamplesByCustomer(
    const std::vector<pipeline::OutRecord>& outputs);

// The value of a header, or nothing.
std::optional<std::string> HeaderOf(const pipeline::OutRecord& record, const std::string& name);

}  // namespace segmentd::support
