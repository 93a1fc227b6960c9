#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/drain.h"
#include "runtime/restorer.h"
#include "runtime/transaction.h"
#include "segmentd/ports/probe.h"
#include "segmentd/runtime/record_cache.h"
#include "segmentd/runtime/shard.h"

namespace segmentd::runtime {

// One partition's state machine, store and cache.
//
//   OPENING -> FENCING -> RESTORING -> RUNNING -> REVOKING -> PARKED; any of them -> FAILED
//
// Rewind takes it back to FENCING (to OPENING when its store must be rebuilt) from wherever it is.
class Task {
 public:
  Task(Partition partition, const ShardOptions& options, const ShardParts& parts);

  void AddInput(const ports::InputPartition& input);

  // One bounded step towards RUNNING; true when it came further. kRetry: again later.
  Result<bool> Advance();
  // Forgets all that is not in the store, to restore it from there and the changelog. rebuild: not
  // from there either.
  void Rewind(bool rebuild);

  // Records of this partition, both inputs mixed, at most some hundreds. REQUIRES: running.
  Status Process(std::span<const event::RawRecord> records, pipeline::Effects& effects);
  // Takes the source's word that there is nothing to read before its position.
  void SkipMarkers();
  // Reads on from where the state stands, when records were handed out and not used.
  Status Reread();

  // Something to commit: customers, or input that had no effect.
  bool dirty() const;
  // Writes images and position into the transaction.
  Status Produce(Transaction& transaction);
  void AppendPositions(std::vector<ports::InputPosition>& positions) const;
  // What Produce wrote is Kafka's; changelog_next as of CommitReceipt.
  void OnCommitted(std::optional<Offset> changelog_next);
  // Writes the store when it has fallen too far behind, or always with force; then evicts.
  Status Store(bool force);
  // Ends the task with its store up to date, or as it is when nothing may be written.
  Status Close(bool write);
  void Fail(const std::string& problem);

  Partition partition() const { return partition_; }
  bool running() const { return state_ == ports::TaskState::kRunning; }
  // A corrupt store is no accident any more: stop rebuilding it.
  bool beyond_repair() const;
  bool AtEnd(const Drain& drain) const;
  RecordCache& cache() { return cache_; }
  const RecordCache& cache() const { return cache_; }
  ports::PartitionStatus Describe() const;
  std::uint64_t cache_hits() const { return cache_hits_; }
  std::uint64_t cache_misses() const { return cache_misses_; }
  std::int64_t newest_record_ms() const { return newest_record_ms_; }

 private:
  struct Input {
    bool assigned = false;
    Offset next;                      // first offset not in the state
    std::optional<Offset> committed;  // what the group has
  };

  void Enter(ports::TaskState state);
  Result<bool> Step();
  Status TakeCommitted();
  Status StartInputs();
  Result<bool> WasOvertaken(const Error& error);
  Status Fetch(std::span<const std::string_view> ids);
  Status Produce(Transaction& transaction, std::string_view customer_id, std::string_view image);
  Status FetchMisses(std::span<const std::string_view> ids);
  Error Describe(const Error& error, std::string_view customer_id) const;
  ports::InputPartition InputOf(std::size_t source) const;

  const Partition partition_;
  const ShardOptions& options_;
  const ShardParts& parts_;

  ports::TaskState state_ = ports::TaskState::kOpening;
  std::int64_t state_since_ms_;
  std::string problem_;
  bool rebuild_ = false;
  int rebuilds_ = 0;
  std::unique_ptr<Restorer> restorer_;        // until it runs
  std::unique_ptr<ports::StateStore> store_;  // once it runs

  std::array<Input, 2> inputs_;  // by event::Source
  pipeline::PartitionClock clock_;
  RecordCache cache_;
  ports::TaskMeta meta_;    // of the last commit
  ports::TaskMeta stored_;  // what the store has
  std::int64_t stored_at_ms_ = 0;
  std::int64_t newest_record_ms_ = 0;
  std::uint64_t restored_ = 0;
  std::uint64_t cache_hits_ = 0;
  std::uint64_t cache_misses_ = 0;

  // Reused between batches.
  pipeline::Batch batch_;
  std::vector<pipeline::Customer> customers_;
  std::vector<std::uint8_t> touched_;
  std::vector<std::size_t> misses_;
  std::vector<std::string_view> miss_ids_;
  std::vector<std::string> images_;
  std::string image_;
};

}  // namespace segmentd::runtime
