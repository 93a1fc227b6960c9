#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/breaker.h"
#include "runtime/crash_guard.h"
#include "runtime/drain.h"
#include "runtime/idle_clock.h"
#include "runtime/member_count.h"
#include "runtime/restore_work.h"
#include "runtime/task_input.h"
#include "runtime/transaction.h"
#include "segmentd/pipeline/control.h"
#include "segmentd/ports/probe.h"
#include "segmentd/runtime/record_cache.h"
#include "segmentd/runtime/shard.h"
#include "segmentd/runtime/timer_index.h"

namespace segmentd::runtime {

// One partition's state machine, store and cache:
//   OPENING -> FENCING -> RESTORING -> RUNNING -> REVOKING -> PARKED; any of them -> FAILED
// Rewind takes it back to OPENING from anywhere. OPENING and RESTORING are done by helpers.
class Task {
 public:
  // counts: known when Advance is first called.
  Task(Partition partition, const ShardOptions& options, const ShardParts& parts,
       const ports::RecordSource::Counts& counts);

  void AddInput(const ports::InputPartition& input);

  // One bounded step towards RUNNING; true when it came further. kRetry: again later.
  Result<bool> Advance();
  // Forgets all that is not in the store, with rebuild that too, to restore it from the changelog.
  void Rewind(bool rebuild);

  // Records of this partition, both inputs mixed, at most some hundreds. REQUIRES: running.
  Status Process(std::span<const event::RawRecord> records, pipeline::Effects& effects);
  // task_timers.cc: whether the partition's clock has passed a timer.
  bool timers_due() const { return running() && timers_.next_ms() <= clock_.clock_ms; }
  // Fires the first timers that are due. REQUIRES: running.
  Status FireTimers(std::size_t timers_max, pipeline::Effects& effects);
  // task_model.cc: another model is to score; and nothing stands in the way of the commit for it.
  bool model_waits() const;
  bool switch_due() const;
  // Customers have yet to follow the last change of model.
  bool sweeping() const { return running() && clock_.model_switch.sweep_from.has_value(); }
  // Has the next customers follow it. REQUIRES: sweeping.
  Status Sweep(std::size_t customers_max, pipeline::Effects& effects);
  // Lets wall time move the clock of a drained partition. kRetry: the broker could not be asked.
  Status FollowWall();
  // Does what a record of the control topic asks.
  Status Obey(const event::RawRecord& record, pipeline::Effects& effects);
  // Dead-letters a record that crashes the process whenever it is worked on.
  void Condemn(const event::RawRecord& record, pipeline::Effects& effects);
  CrashGuard& guard() { return guard_; }
  // The input is mostly unusable: what was processed is to be committed, then it halts.
  bool tripped() const { return !verdict_.empty(); }
  // Reads nothing more, and says why, until the process starts again. REQUIRES: not dirty.
  void Halt();
  // Whether a record that was read is still what it was: a topic made anew under the same name is
  // read on at the old offsets, without a word. kAbort: it is not. kRetry.
  Status LookBack();
  bool can_look_back() const { return running() && mark_.hash != newest_.hash; }
  // Takes the source's word that there is nothing to read before its position.
  void SkipMarkers();
  // Reads on from where the state stands, when records were handed out and not used.
  Status Reread();

  bool dirty() const;  // something to commit: customers, samples, skipped input, or the model
  // One of the first two, of which the store may not be ahead.
  bool uncommitted() const { return cache_.uncommitted() > 0 || sampled_; }
  // Writes images and position into the transaction.
  Status Produce(Transaction& transaction);
  void AppendPositions(std::vector<ports::InputPosition>& positions) const;
  // What Produce wrote is Kafka's; changelog_next as of CommitReceipt. kConfig: the changelog is
  // shorter than it was, so that it was made anew meanwhile.
  Status OnCommitted(std::optional<Offset> changelog_next);
  // Writes the store when it has fallen too far behind, or always with force; then evicts.
  Status Store(bool force);
  // Something is Kafka's, or of no interest to it, and not in the store yet.
  bool unstored() const;
  // Ends the task with its store up to date, or as it is when nothing may be written.
  Status Close(bool write);
  void Fail(const std::string& problem);

  Partition partition() const { return partition_; }
  bool running() const { return state_ == ports::TaskState::kRunning; }
  bool opening() const { return state_ == ports::TaskState::kOpening && restore_ == nullptr; }
  bool failed() const { return state_ == ports::TaskState::kFailed; }
  // A corrupt store is no accident any more: stop rebuilding it.
  bool beyond_repair() const;
  bool AtEnd(const Drain& drain) const;
  RecordCache& cache() { return cache_; }
  const RecordCache& cache() const { return cache_; }
  ports::PartitionStatus Describe();
  std::uint64_t cache_hits() const { return cache_hits_; }
  std::uint64_t cache_misses() const { return cache_misses_; }
  std::int64_t newest_record_ms() const { return newest_record_ms_; }

 private:
  void Enter(ports::TaskState state);
  Result<bool> Step();
  void StartRestore();
  Result<bool> AwaitRestore(RestoreWork::Phase phase);
  std::int64_t StillMs() const;
  void DescribeRestore(ports::PartitionStatus& status) const;
  std::int64_t NowMs() const { return parts_.clock.MonotonicNs() / 1'000'000; }
  Status TakeCommitted();
  Status StartInputs();
  Result<bool> WasOvertaken(const Error& error);
  Result<Offset> StartOf(std::size_t source, const std::optional<ports::TaskMeta>& meta);
  Result<bool> MadeAnew(std::size_t source, const InputMark& mark);
  void NoteRead(std::span<const event::RawRecord> records);
  Status Fetch(std::span<const std::string_view> ids);
  Status Produce(Transaction& transaction, std::string_view customer_id, std::string_view image);
  Status FetchMisses(std::span<const std::string_view> ids);
  Status FetchErased(std::span<const std::string_view> ids);
  Status Answer(const pipeline::Control& control, const std::string& customer_id,
                pipeline::Effects& effects);
  void PutErased(std::string_view id, const pipeline::Customer& customer);
  void PutAdmitted(std::string_view id, const pipeline::Customer& customer);
  // Reads a stored customer for what it waits for, under whatever model; for any thread.
  std::function<Result<std::int64_t>(std::string_view)> Pending() const;
  pipeline::Pipeline& pipeline() const;  // with the model that scores this partition
  void TakeModel(const std::optional<ports::TaskMeta>& meta);
  void ProduceSwitch();
  void FinishSwitch();
  void KeepOutcomes(std::span<const std::string_view> ids);
  Error Describe(const Error& error, std::string_view customer_id) const;
  ports::InputPartition InputOf(std::size_t source) const;

  const Partition partition_;
  const ShardOptions& options_;
  const ShardParts& parts_;
  const ports::RecordSource::Counts& counts_;

  ports::TaskState state_ = ports::TaskState::kOpening;
  std::int64_t state_since_ms_;  // wall
  std::int64_t entered_ms_;      // monotonic
  std::string problem_;
  bool rebuild_ = false;
  int rebuilds_ = 0;
  std::shared_ptr<RestoreWork> restore_;  // until it runs; dropping it ends it
  std::int64_t replay_offsets_ = 0;       // of the restore under way, when it was begun
  std::uint64_t stalls_ = 0;
  ports::StateStore::Stats store_stats_;  // as of its last write
  std::uint64_t restores_ = 0;
  std::int64_t restore_began_ms_ = 0;         // monotonic
  double restore_s_ = 0;                      // the last one
  std::unique_ptr<ports::StateStore> store_;  // once it runs
  CrashGuard guard_;
  Breaker breaker_;
  std::string verdict_;  // of the breaker, once it has opened

  std::array<TaskInput, event::kSources> inputs_;  // by event::Source
  InputMark newest_;   // of the last transactions record that was processed
  InputMark mark_;     // of one that was still there when it was looked at again
  bool anew_ = false;  // the input is another one, and that was accepted
  std::uint64_t erasures_ = 0;
  MemberCount members_;
  pipeline::PartitionClock clock_;
  std::shared_ptr<const pipeline::Model> model_;  // that scores
  bool model_lost_ = false;  // the one that scored is not at hand, and this one takes its place
  std::optional<std::shared_ptr<const pipeline::Model>> next_model_;  // of the commit under way
  bool sampled_ = false;       // since the last commit, by looks that may have left nothing else
  bool store_behind_ = false;  // it has to have all customers before the sweep
  TimerIndex timers_;
  IdleClock idle_;
  RecordCache cache_;
  ports::TaskMeta meta_;    // of the last commit
  ports::TaskMeta stored_;  // what the store has
  std::int64_t stored_at_ms_ = 0;
  std::int64_t newest_record_ms_ = 0;
  std::int64_t held_back_ms_ = -1;  // since when input is; -1: it is not
  std::uint64_t restored_ = 0;
  std::uint64_t cache_hits_ = 0;
  std::uint64_t cache_misses_ = 0;

  // Reused between batches.
  pipeline::Batch batch_;
  std::vector<pipeline::Customer> customers_;
  std::vector<pipeline::Outcome> outcomes_;
  std::vector<ports::Timer> due_;
  std::vector<pipeline::DueTimer> due_views_;
  std::vector<std::string_view> ids_;  // of due_ or swept_
  std::vector<std::string> swept_;
  std::vector<std::size_t> misses_;
  std::vector<std::size_t> unknown_;  // indexes of ids without a state
  std::vector<std::string_view> miss_ids_;
  std::vector<std::string> images_;
  std::string image_;
};

}  // namespace segmentd::runtime
