#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
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

// One partition of a pipeline with its state in a map, as the simplest runtime there could be.
class PipelineHarness {
 public:
  explicit PipelineHarness(const pipeline::Options& options = TestOptions());

  // Runs records as batches of at most batch_max.
  void Run(const std::vector<OwnedRecord>& records, std::size_t batch_max = SIZE_MAX);

  pipeline::Pipeline& pipeline() { return *pipeline_; }
  const pipeline::Effects& effects() const { return effects_; }
  std::vector<pipeline::OutRecord> Outputs(pipeline::Topic topic) const;
  // Encoded state by customer.
  const std::map<std::string, std::string>& states() const { return states_; }
  const pipeline::PartitionClock& clock() const { return clock_; }

  std::int64_t wall_ms = 1'800'000'000'000;  // 2027-01-15

 private:
  void RunBatch(const std::vector<event::RawRecord>& records);

  std::unique_ptr<pipeline::Pipeline> pipeline_;
  pipeline::PartitionClock clock_;
  pipeline::Effects effects_;
  std::map<std::string, std::string> states_;
};

// The value of a header, or nothing.
std::optional<std::string> HeaderOf(const pipeline::OutRecord& record, const std::string& name);

}  // namespace segmentd::support
