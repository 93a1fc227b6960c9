#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kafka/batch.h"
#include "kafka/handle.h"
#include "kafka/health.h"
#include "kafka/record_peek.h"
#include "segmentd/kafka/shard_ports.h"
#include "segmentd/ports/source.h"

namespace segmentd::kafka {

// The group member. Eager assignment by range: both topics' partition p go to the same member, and
// every rebalance takes all partitions away before it gives any, so that nothing of an old
// assignment can be mistaken for the new one.
class Source final : public ports::RecordSource, private Events {
 public:
  static Result<std::unique_ptr<Source>> Open(const ShardOptions& options);
  // Without Close the group sees a crash: its partitions wait for session.timeout.ms.
  ~Source() override;

  Status Subscribe(ports::RebalanceListener& listener) override;
  Result<std::span<const event::RawRecord>> Poll(std::int64_t max_wait_ms,
                                                 int records_max) override;
  Result<std::vector<std::optional<Offset>>> Committed(
      std::span<const ports::InputPartition> partitions) override;
  Status StartAt(const ports::InputPartition& partition, Offset next) override;
  void Stop(const ports::InputPartition& partition) override;
  Result<Range> QueryRange(const ports::InputPartition& partition) override;
  Range CachedRange(const ports::InputPartition& partition) override;
  Result<bool> Drained(const ports::InputPartition& partition, Offset next) override;
  std::optional<Offset> Position(const ports::InputPartition& partition) override;
  bool HeldBack(const ports::InputPartition& partition) override;
  Result<Counts> PartitionCounts() override;
  Result<std::optional<std::uint64_t>> MarkAt(const ports::InputPartition& partition,
                                              Offset offset) override;
  void Close() override;

  // For the sinks, which commit in this member's name. kAbort: it is no member (any more), and what
  // it sent would be accepted by no check.
  Result<GroupMetadataPtr> Membership() const;
  // Plain group commit, outside of transactions.
  Status CommitOffsets(std::span<const ports::InputPosition> positions);
  TopicListPtr OffsetList(std::span<const ports::InputPosition> positions) const;
  const Health& health() const { return health_; }

 private:
  // Of one partition. Records are shown only between the moment that reading was started where the
  // owner said and its revocation.
  struct Slot {
    bool assigned = false;
    bool started = false;
    bool paused = false;
    bool at_end = false;         // of what may be read
    std::int64_t start_at = -1;  // asked for, takes effect at the next Poll
    std::int64_t next = -1;
  };

  explicit Source(const ShardOptions& options)
      : topics_{options.transactions_topic, options.profiles_topic,
                options.outputs[static_cast<std::size_t>(pipeline::Topic::kControl)]},
        peek_(options.connection) {}
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override;
  void OnRebalance(rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* list) override;
  void Assign(rd_kafka_topic_partition_list_t* list);
  void AssignPaused(rd_kafka_topic_partition_list_t* list);
  void AssignAnew();
  void Revoke(const rd_kafka_topic_partition_list_t* list, bool lost);
  std::vector<ports::InputPartition> Inputs(const rd_kafka_topic_partition_list_t* list) const;

  Status ApplyStarts();
  void Receive(int timeout_ms, int records_max);
  void Accept(const rd_kafka_message_t& message, event::Source source);
  void AcceptError(const rd_kafka_message_t& message);
  Status CheckTrouble();
  bool AnyStarted() const;
  Result<int> CountPartitions(event::Source source, int timeout_ms);
  Slot& SlotOf(event::Source source, std::int32_t partition);
  event::Source SourceOf(const rd_kafka_topic_t* topic);
  const std::string& NameOf(event::Source source) const {
    return topics_[static_cast<std::size_t>(source)];
  }

  const std::array<std::string, event::kSources> topics_;  // all but the first may be empty
  std::array<std::vector<Slot>, event::kSources> slots_;
  Health health_;
  Handle consumer_;
  QueuePtr queue_;
  Batch batch_;
  RecordPeek peek_;
  ports::RebalanceListener* listener_ = nullptr;
  std::array<const rd_kafka_topic_t*, event::kSources> seen_{};  // in this batch: names once
  bool rebalanced_ = false;
  bool starts_pending_ = false;
  bool suspect_ = false;  // a topic was reported missing
  bool missed_ = false;   // and was found to be
  bool closed_ = false;
  std::optional<Error> gap_;      // offsets that are not in the topic; told by the next Poll
  std::optional<Error> trouble_;  // kRetry, as last found out
  std::int64_t checked_ns_ = 0;
  std::int64_t assigned_ns_ = 0;
  std::int64_t heard_ns_ = 0;  // when the brokers last showed themselves
};

}  // namespace segmentd::kafka
