// The part of Task that leads to RUNNING, for the first time or again.
#include <algorithm>
#include <utility>

#include "runtime/start_position.h"
#include "runtime/task.h"

namespace segmentd::runtime {
namespace {

constexpr std::int64_t kStaggerMs = 1'700;
// A replay that stands still for longer asks anew where it should end.
constexpr std::int64_t kStallMs = 60'000;

// How long a task may come no further in a state before that is said; 0: for ever.
std::int64_t LimitMs(ports::TaskState state) {
  switch (state) {
    case ports::TaskState::kOpening:
    case ports::TaskState::kRestoring:
      return kStallMs;
    case ports::TaskState::kFencing:
      return 30'000;
    default:
      return 0;
  }
}

}  // namespace

Result<bool> Task::Advance() {
  problem_.clear();
  auto came_further = Step();
  if (came_further.ok()) return came_further;
  Error error = came_further.error().With(fmt::format("partition {}", partition_.value()));
  problem_ = error.message;
  if (error.code != Code::kCorruption) return tl::unexpected(error);
  if (beyond_repair()) {
    error.code = Code::kFatal;
    return tl::unexpected(error);
  }
  Rewind(/*rebuild=*/true);
  return true;
}

Result<bool> Task::Step() {
  using ports::TaskState;
  switch (state_) {
    case TaskState::kOpening: {
      if (restore_ == nullptr) StartRestore();
      SEGMENTD_ASSIGN_OR_RETURN(const bool opened, AwaitRestore(RestoreWork::Phase::kOpened));
      if (opened) Enter(TaskState::kFencing);
      return opened;
    }
    case TaskState::kFencing:
      // In this order: what was committed after the first is not missed by the second.
      SEGMENTD_RETURN_IF_ERROR(TakeCommitted());
      restore_->Proceed();
      parts_.helpers.Start(restore_);
      Enter(TaskState::kRestoring);
      return true;
    case TaskState::kRestoring: {
      SEGMENTD_ASSIGN_OR_RETURN(const bool done, AwaitRestore(RestoreWork::Phase::kRestored));
      if (!done) return false;
      const Status started = StartInputs();
      if (!started.ok()) return WasOvertaken(started.error());
      Enter(TaskState::kRunning);
      return true;
    }
    default:
      return false;
  }
}

void Task::StartRestore() {
  const Restorer::Parts parts{parts_.clock,
                              parts_.stores,
                              options_.tombstones_kept_ms,
                              Pending(),
                              parts_.pipeline.DeadlinesUnder(nullptr)->Name(),
                              counts_.cluster,
                              options_.accepted.other_cluster,
                              options_.restore_batches};
  restore_ = std::make_shared<RestoreWork>(partition_, parts, std::move(store_),
                                           std::exchange(rebuild_, false));
  replay_offsets_ = 0;
  restore_began_ms_ = NowMs();
  parts_.helpers.Start(restore_);
}

// Whether the restore has come to a phase; its error when it has failed, or cannot go on for now.
Result<bool> Task::AwaitRestore(RestoreWork::Phase phase) {
  const RestoreWork::View seen = restore_->Look();
  replay_offsets_ = std::max(replay_offsets_, seen.remaining);
  if (seen.phase == phase) return true;
  if (seen.phase == RestoreWork::Phase::kFailed) return tl::unexpected(*seen.trouble);
  if (state_ == ports::TaskState::kRestoring && StillMs() > kStallMs) {
    // The log may have been cut off below what was its end: nothing would ever reach that.
    ++stalls_;
    Rewind(/*rebuild=*/false);
    return false;
  }
  if (seen.trouble) return tl::unexpected(*seen.trouble);
  return false;
}

std::int64_t Task::StillMs() const {
  const std::int64_t since_ms =
      restore_ == nullptr ? entered_ms_ : std::max(entered_ms_, restore_->Look().moved_ms);
  return NowMs() - since_ms;
}

void Task::Rewind(bool rebuild) {
  breaker_.Reset();
  verdict_.clear();
  cache_.Clear();
  timers_.Clear();
  restore_.reset();
  next_model_.reset();
  sampled_ = false;
  store_behind_ = false;
  if (rebuild) {
    ++rebuilds_;
    rebuild_ = true;
    store_.reset();
  }
  Enter(ports::TaskState::kOpening);
}

Status Task::TakeCommitted() {
  std::vector<ports::InputPartition> asked;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].assigned) asked.push_back(InputOf(i));
  }
  SEGMENTD_ASSIGN_OR_RETURN(const auto committed, parts_.source.Committed(asked));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    inputs_[static_cast<std::size_t>(asked[i].source)].committed = committed[i];
  }
  return Ok();
}

// The state is whole: takes it over and reads on from where it stands.
Status Task::StartInputs() {
  Restorer& restorer = restore_->restorer();
  const std::optional<ports::TaskMeta>& meta = restorer.meta();
  anew_ = false;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (!inputs_[i].assigned) continue;
    SEGMENTD_ASSIGN_OR_RETURN(inputs_[i].next, StartOf(i, meta));
  }
  SEGMENTD_RETURN_IF_ERROR(Reread());
  meta_ = meta.value_or(ports::TaskMeta{});
  if (!meta) {
    meta_.origin_ms = parts_.clock.WallMs();
    meta_.members.emplace();
  }
  members_.Start(meta_.members);
  meta_.changelog_next = restorer.changelog_next();
  stored_ = meta_;
  clock_.clock_ms = meta_.clock_ms;
  clock_.model_switch = meta_.model_switch;
  TakeModel(meta);
  mark_ = anew_ ? InputMark{} : InputMark{meta_.mark_offset, meta_.mark_hash};
  newest_ = mark_;
  erasures_ = meta_.erasures;
  restored_ += restorer.restored();
  // Staggered, so that the shard's tasks do not all write their stores after the same commit.
  stored_at_ms_ = NowMs() - partition_.value() * kStaggerMs %
                                std::max<std::int64_t>(options_.store_interval_ms, 1);
  store_ = restorer.TakeStore();
  timers_ = restorer.TakeTimers();
  restore_.reset();
  idle_.Interrupt();
  ++restores_;
  restore_s_ = static_cast<double>(NowMs() - restore_began_ms_) / kSecondMs;
  store_stats_ = store_->Describe();
  return Ok();
}

// Nothing is refused for what somebody else has done: one who was stopped for so long that he lost
// the partition finds the input and the group elsewhere than where he left them.
Result<bool> Task::WasOvertaken(const Error& error) {
  if (error.code != Code::kConfig) return tl::unexpected(error);
  const auto committed = [&] { return std::array{inputs_[0].committed, inputs_[1].committed}; };
  const auto before = committed();
  SEGMENTD_RETURN_IF_ERROR(TakeCommitted());
  if (committed() == before) return tl::unexpected(error);
  Rewind(/*rebuild=*/false);
  return true;
}

Result<Offset> Task::StartOf(std::size_t source, const std::optional<ports::TaskMeta>& meta) {
  StartFacts facts;
  facts.input = InputOf(source);
  facts.committed = inputs_[source].committed;
  facts.start_earliest = options_.start_earliest;
  facts.accepted = options_.accepted;
  SEGMENTD_ASSIGN_OR_RETURN(facts.range, parts_.source.QueryRange(facts.input));
  if (meta) {
    const std::array<Offset, event::kSources> next = {meta->transactions_next, meta->profiles_next,
                                                      meta->control_next};
    facts.state = next[source];
    SEGMENTD_ASSIGN_OR_RETURN(facts.made_anew,
                              MadeAnew(source, {meta->mark_offset, meta->mark_hash}));
    if (source == 0) anew_ = facts.made_anew;
  }
  return StartPosition(facts);
}

// A topic of the same name goes on at the old offsets as if nothing had happened.
Result<bool> Task::MadeAnew(std::size_t source, const InputMark& mark) {
  if (source != 0 || mark.hash == 0) return false;
  SEGMENTD_ASSIGN_OR_RETURN(const auto found, parts_.source.MarkAt(InputOf(0), mark.offset));
  return found && *found != mark.hash;
}

// What is committed is a mark that was looked at, so that a start finds the same as this does.
Status Task::LookBack() {
  SEGMENTD_ASSIGN_OR_RETURN(const bool anew, MadeAnew(0, mark_));
  if (anew) {
    return segmentd::Fail(Code::kAbort,
                          "partition {}: the input topic has another record at offset {} than was "
                          "read there; was it made anew?",
                          partition_.value(), mark_.offset.value());
  }
  mark_ = newest_;
  return Ok();
}

void Task::DescribeRestore(ports::PartitionStatus& status) const {
  const RestoreWork::View seen = restore_->Look();
  status.restored += seen.restored;
  status.restore_remaining = seen.remaining;
  const std::int64_t read = replay_offsets_ - seen.remaining;
  if (read > 0) {
    const double elapsed_s = static_cast<double>(NowMs() - entered_ms_) / kSecondMs;
    status.restore_eta_s =
        elapsed_s * static_cast<double>(seen.remaining) / static_cast<double>(read);
  }
  const std::int64_t limit_ms = LimitMs(state_);
  status.still_s = static_cast<double>(StillMs()) / kSecondMs;
  status.overdue = limit_ms > 0 && StillMs() > limit_ms;
  if (status.overdue && status.problem.empty()) {
    status.problem = fmt::format("has come no further for {:.0f} s", status.still_s);
  }
}

}  // namespace segmentd::runtime
