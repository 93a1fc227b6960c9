#pragma once

#include <memory>
#include <span>
#include <string>

#include "segmentd/base/result.h"
#include "segmentd/pipeline/pipeline.h"

namespace segmentd::pipeline {

// What input.rekey does to records: each gets the customer that its value names for a key, and with
// it the partition where Kafka's Java producers would have sent it. Pure, as Pipeline is.
class Rekey {
 public:
  // options.input_topics[0]: where the records come from, for dead letters. kConfig.
  static Result<std::unique_ptr<Rekey>> Create(const Options& options);

  // Appends for each record its copy for Topic::kRekeyed, of so many partitions, or its dead letter
  // where no event can be decoded from it. The record's own key is of no interest.
  void Apply(std::span<const event::RawRecord> records, int partitions, Effects& effects);

 private:
  Rekey(const Options& options, std::unique_ptr<event::Decoder> decoder)
      : options_(options), decoder_(std::move(decoder)) {}

  const Options options_;
  const std::unique_ptr<event::Decoder> decoder_;
};

// The partition of a key, as Kafka's Java producers choose it.
Partition PartitionOfKey(std::string_view key, int partitions);

}  // namespace segmentd::pipeline
