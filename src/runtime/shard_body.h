#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "runtime/disk_room.h"
#include "runtime/drain.h"
#include "runtime/resets.h"
#include "runtime/task.h"
#include "runtime/transaction.h"
#include "segmentd/runtime/shard.h"

namespace segmentd::runtime {

// One turn of the loop: settle the transaction, move restoring tasks on, poll, process, commit when
// due. What fails while records are used comes to one place, Handle, which recovers or ends the
// run.
struct Shard::Body final : ports::RebalanceListener {
  Body(const ShardOptions& shard_options, const ShardParts& shard_parts);
  ~Body() override;

  // shard.cc: the loop.
  Status Run(const std::stop_token& stop);
  Status Turn();
  Status CheckRoom();
  Status Prepare();
  Status LearnCounts();
  Status AdvanceTasks();
  Status AdvanceTask(Task& task);
  Status LookBack();
  Status RereadTasks();
  Status Receive(std::span<const event::RawRecord> polled);
  Status ProcessPartition(Task& task, std::span<const event::RawRecord> group);
  Status ProcessSlice(Task& task, std::span<const event::RawRecord> slice);
  Status HaltTripped();
  Status Emit(Task& task, pipeline::Effects& made);
  Status SendOversized(const pipeline::OutRecord& record, const Error& error);
  std::int64_t WaitMs() const;
  Status Later(const Error& error);
  Status Handle(const Error& error, Task* task = nullptr);
  void Recover(const Error& error, Task* corrupt);

  // shard_ownership.cc
  void OnAssigned(std::span<const ports::InputPartition> partitions) override;
  void OnRevoked(std::span<const ports::InputPartition> partitions, bool lost) override;
  Status CloseTasks(std::span<const ports::InputPartition> partitions, bool write);
  void ShareCache();

  // shard_commit.cc
  Status CommitIfDue();
  bool CommitDue() const;
  bool ModelWaits() const;
  bool SwitchDue() const;
  Status Commit();
  Status FinishCommit();
  ports::CommitSample Sample(std::int64_t ended_ns) const;
  Status OnCommitted(const ports::CommitReceipt& receipt);
  Status StoreTasks();
  void NoteDirty();
  void ForgetPending();
  bool ReachedEnds() const;
  Status WatchDrain();

  // shard_timers.cc
  Status FireTimers(std::size_t records_polled);
  Status FireTimers(Task& task, std::size_t& left);
  Status Sweep(Task& task, std::size_t& left);
  bool Finished() const;

  // shard_status.cc
  void Report();
  void ReportIfDue();

  void StartSteps() { step_began_ns = parts.clock.MonotonicNs(); }
  void EndStep(pipeline::Step step);

  std::int64_t NowMs() const { return parts.clock.MonotonicNs() / 1'000'000; }

  const ShardOptions options;
  const ShardParts parts;
  Transaction transaction;
  Resets resets;
  std::map<Partition, Task> tasks;
  ports::RecordSource::Counts counts;
  bool subscribed = false;
  bool prepared = false;      // counts (and ends) are known
  bool came_further = false;  // a task did, in this turn: do not wait
  bool work_left = false;     // timers that are due, customers to sweep: do not wait
  Partition advanced{-1};     // the last that was asked to: the next one goes first
  Partition looked_back{-1};  // likewise, at what was read
  std::int64_t looked_back_ms = 0;
  bool behind = false;  // the last poll was full: more records wait
  bool reread = false;  // records were dropped while a commit was pending
  DiskRoom room = DiskRoom::kEnough;
  std::int64_t room_checked_ms = INT64_MIN / 2;
  bool closing = false;  // after an error: write nothing more
  Status deferred;       // an error out of a rebalance callback

  // Of the open transaction.
  std::int64_t dirty_since_ms = -1;
  std::int64_t change_since_ms = -1;
  std::int64_t records = 0;
  std::int64_t newest_record_ms = -1;
  pipeline::Counts pending_counts;
  std::vector<pipeline::ChangeNote> changes;
  std::vector<pipeline::AlertNote> alerts;
  std::vector<ports::InputPosition> positions;  // as the pending commit has them
  std::vector<Partition> producing;
  std::int64_t commit_began_ns = 0;
  std::int64_t commit_produced_ns = 0;
  std::int64_t step_began_ns = 0;
  std::array<std::int64_t, pipeline::kSteps> step_ns{};

  Drain drain;
  ports::ShardStatus status;
  std::uint64_t closed_hits = 0;  // of tasks that are gone
  std::uint64_t closed_misses = 0;
  std::int64_t reported_ms = 0;

  // Reused between turns.
  std::map<Partition, std::vector<event::RawRecord>> groups;
  pipeline::Effects effects;
};

}  // namespace segmentd::runtime
