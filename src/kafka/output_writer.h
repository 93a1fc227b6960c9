#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "kafka/outbox.h"
#include "segmentd/kafka/shard_ports.h"
#include "segmentd/ports/sink.h"

namespace segmentd::kafka {

// What both sinks do alike: outputs to their topics, through a producer that can be replaced.
class OutputWriter {
 public:
  explicit OutputWriter(const ShardOptions& options) : options_(options) {}

  // A fresh producer; the old one goes first, with all that it had not sent.
  Status Reopen();
  void Drop();
  // Null before Reopen and after Drop.
  Outbox* outbox() { return outbox_.get(); }

  Status Send(const pipeline::OutRecord& record);
  Status SendImage(Partition partition, std::string_view key, const std::string_view* value);
  // kAbort, kFenced or kConfig when a record given since StartCount was not stored.
  Status Delivered();
  ports::CommitReceipt Receipt();
  const ShardOptions& options() const { return options_; }

 private:
  Status Write(pipeline::Topic topic, Outgoing& record);

  ShardOptions options_;
  std::unique_ptr<Outbox> outbox_;
  std::array<TopicPtr, pipeline::kTopics> topics_;
  std::vector<event::Header> headers_;
};

}  // namespace segmentd::kafka
