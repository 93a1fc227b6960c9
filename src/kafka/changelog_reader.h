#pragma once

#include <memory>
#include <span>
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
  void Release() override;

 private:
  // Where reading stands. Kept between replays, with what was fetched ahead: a restore is many
  // replays, each of which goes on where the last one ended.
  struct Place {
    std::int32_t partition = -1;  // -1: nowhere
    std::int64_t next = 0;
    bool held_back = false;  // all that a read_committed reader may see has been seen
  };

  ChangelogReader() = default;
  Status GoTo(Partition partition, Offset from);
  Status Drain(std::int64_t end, const Visitor& visit);
  Status Receive(const rd_kafka_message_t& message, const Visitor& visit);
  Error Stalled(std::int64_t end) const;

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
  std::span<rd_kafka_message_t* const> taken_;  // of batch_: not yet visited
  Place place_;
};

}  // namespace segmentd::kafka
