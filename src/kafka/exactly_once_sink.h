#pragma once

#include <chrono>
#include <memory>
#include <span>

#include "kafka/output_writer.h"
#include "kafka/source.h"
#include "segmentd/ports/sink.h"

namespace segmentd::kafka {

// One Kafka transaction per commit, with the offsets of the source's group in it.
class ExactlyOnceSink final : public ports::Sink {
 public:
  ExactlyOnceSink(const ShardOptions& options, const Source& source)
      : writer_(options), source_(source) {}

  Status Reset() override;
  Status Begin() override;
  Status Send(const pipeline::OutRecord& record) override { return writer_.Send(record); }
  Status SendImage(Partition partition, std::string_view key,
                   const std::string_view* value) override {
    return writer_.SendImage(partition, key, value);
  }
  Result<ports::CommitReceipt> Commit(std::span<const ports::InputPosition> positions) override;
  Status Abort() override;

 private:
  Status Flush(const Deadline& deadline);
  Status SendOffsets(std::span<const ports::InputPosition> positions, const Deadline& deadline);
  Status EndTransaction();
  Error GiveUp(Error error);

  OutputWriter writer_;
  const Source& source_;
  std::chrono::steady_clock::time_point ended_;  // the last transaction
  bool open_ = false;
  // A request was left unanswered on the way: a late one may still end some later transaction of
  // this producer's, so that the next transaction gets a new producer.
  bool indefinite_ = false;
};

}  // namespace segmentd::kafka
