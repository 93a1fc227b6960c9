#pragma once

#include <memory>
#include <string>

#include "kafka/batch.h"
#include "kafka/handle.h"
#include "kafka/health.h"
#include "segmentd/kafka/shard_ports.h"
#include "segmentd/ports/changelog.h"

namespace segmentd::kafka {

class ChangelogReader final : public ports::ChangelogReader {
 public:
  static Result<std::unique_ptr<ChangelogReader>> Open(const ShardOptions& options);
  ~ChangelogReader() override { batch_.Clear(); }

  Result<Range> QueryRange(Partition partition) override;
  Result<Offset> Replay(Partition partition, Offset from, Offset end,
                        const Visitor& visit) override;

 private:
  // How far one replay has come.
  struct Progress {
    std::int32_t partition = 0;
    std::int64_t next = 0;
    std::int64_t end = 0;
    bool held_back = false;  // all that a read_committed reader may see has been seen, short of end
  };

  ChangelogReader() = default;
  Status Drain(Progress& progress, const Visitor& visit);
  Status Receive(const rd_kafka_message_t& message, Progress& progress, const Visitor& visit);
  Error Stalled(const Progress& progress) const;

  std::string topic_;
  std::int64_t stall_ms_ = 0;  // after that its thread has to see to its group
  HealthEvents replay_events_;
  HealthEvents query_events_;
  Handle replayer_;  // read_committed
  // The end must count what an open transaction wrote, lest a replay end before records that are
  // committed a moment later; a read_committed client is told the last stable offset instead.
  Handle querier_;  // read_uncommitted
  QueuePtr queue_;
  Batch batch_;
};

}  // namespace segmentd::kafka
