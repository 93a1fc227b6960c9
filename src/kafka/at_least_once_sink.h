#pragma once

#include <span>

#include "kafka/output_writer.h"
#include "kafka/source.h"
#include "segmentd/ports/sink.h"

namespace segmentd::kafka {

// Records first, then the offsets: after a crash between the two the records come again.
class AtLeastOnceSink final : public ports::Sink {
 public:
  AtLeastOnceSink(const ShardOptions& options, Source& source)
      : writer_(options), source_(source) {}

  Status Reset() override { return writer_.Reopen(); }
  Status Begin() override;
  Status Send(const pipeline::OutRecord& record) override { return writer_.Send(record); }
  Status SendImage(Partition partition, std::string_view key,
                   const std::string_view* value) override {
    return writer_.SendImage(partition, key, value);
  }
  Result<ports::CommitReceipt> Commit(std::span<const ports::InputPosition> positions) override;
  Status Abort() override;

 private:
  Status Store(std::span<const ports::InputPosition> positions);

  OutputWriter writer_;
  Source& source_;
};

}  // namespace segmentd::kafka
