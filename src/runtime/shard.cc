#include "segmentd/runtime/shard.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "runtime/pace.h"
#include "runtime/shard_body.h"

namespace segmentd::runtime {
namespace {

// One matrix product's worth, and a bound on how long a batch takes.
constexpr std::size_t kBatchRecords = 512;
// Often enough to see a stop and to watch others drain; seldom enough to cost nothing.
// How soon a restore that has ended is noticed.
constexpr std::int64_t kRestoreWaitMs = 20;
// For the steps of tasks towards running, in one turn.
constexpr std::int64_t kAdvanceMs = 1000;
constexpr std::int64_t kRoomCheckMs = 1000;
constexpr std::int64_t kLookBackMs = 10'000;

// A request goes alone: it may end a customer that the records around it are of.
std::size_t UpToRequest(std::span<const event::RawRecord> records) {
  const auto request = std::find_if(records.begin(), records.end(), [](const auto& record) {
    return record.source == event::Source::kControl;
  });
  return request == records.begin() ? 1 : static_cast<std::size_t>(request - records.begin());
}

}  // namespace

Shard::Shard(const ShardOptions& options, const ShardParts& parts)
    : body_(std::make_unique<Body>(options, parts)) {}

Shard::~Shard() = default;

Status Shard::Run(std::stop_token stop) { return body_->Run(stop); }

Shard::Body::Body(const ShardOptions& shard_options, const ShardParts& shard_parts)
    : options(shard_options),
      parts(shard_parts),
      transaction(shard_parts.sink),
      resets(shard_options.resets_max) {
  status.shard = options.shard;
  parts.pipeline.TellSteps([this](pipeline::Step step) { EndStep(step); });
}

Shard::Body::~Body() { parts.pipeline.TellSteps({}); }

Status Shard::Body::Run(const std::stop_token& stop) {
  Status ended = Ok();
  Status roomy = Ok();
  while (ended.has_value() && roomy.has_value() && !stop.stop_requested() && !Finished()) {
    ended = Turn();
    roomy = CheckRoom();
  }
  closing = !ended.has_value();
  // Revocation commits what is open and closes the tasks.
  parts.source.Close();
  transaction.Leave();
  if (ended.has_value()) ended = deferred;
  if (ended.has_value()) ended = roomy;
  if (!ended.has_value()) {
    ++status.troubles.ended;
    status.problem = ended.error().message;
  }
  Report();
  return ended;
}

Status Shard::Body::Turn() {
  status.tick_ms = parts.clock.WallMs();
  came_further = false;
  status.problem.clear();
  SEGMENTD_RETURN_IF_ERROR(Prepare());
  SEGMENTD_RETURN_IF_ERROR(AdvanceTasks());
  // A model that came while a partition was elsewhere scores all that is read from here on, unless
  // there is much to do before it.
  if (ModelWaits()) {
    SEGMENTD_RETURN_IF_ERROR(FireTimers(0));
    SEGMENTD_RETURN_IF_ERROR(CommitIfDue());
  }
  const auto polled = parts.source.Poll(WaitMs(), options.poll_records_max);
  SEGMENTD_RETURN_IF_ERROR(std::exchange(deferred, Ok()));
  if (!polled.ok()) {
    const Error& error = polled.error();
    SEGMENTD_RETURN_IF_ERROR(error.code == Code::kAbort ? Handle(error) : Later(error));
  } else {
    behind = polled->size() >= static_cast<std::size_t>(options.poll_records_max);
    SEGMENTD_RETURN_IF_ERROR(Receive(*polled));
  }
  SEGMENTD_RETURN_IF_ERROR(FireTimers(polled.ok() ? polled->size() : 0));
  SEGMENTD_RETURN_IF_ERROR(CommitIfDue());
  SEGMENTD_RETURN_IF_ERROR(HaltTripped());
  SEGMENTD_RETURN_IF_ERROR(LookBack());
  SEGMENTD_RETURN_IF_ERROR(WatchDrain());
  ReportIfDue();
  return Ok();
}

// Ends the run in order while that is still possible, instead of in the middle of a write.
Status Shard::Body::CheckRoom() {
  if (NowMs() - room_checked_ms < kRoomCheckMs) return Ok();
  room_checked_ms = NowMs();
  const ports::StoreFactory::Space space = parts.stores.DiskSpace();
  if (space.total_bytes > 0) status.disk_free_bytes = space.free_bytes;
  room = RoomIn(space);
  if (room != DiskRoom::kScarce) return Ok();
  return Fail(Code::kStorage,
              "only {} MiB of the disk of state.dir are free: everything is committed and the "
              "partitions are given up; make room and start again",
              space.free_bytes >> 20);
}

// Whatever must be settled before records can be used.
Status Shard::Body::Prepare() {
  if (transaction.committing()) return FinishCommit();
  const bool producer_lost = transaction.broken();
  const Status settled = transaction.Settle();
  if (!settled.has_value()) {
    return settled.error().code == Code::kRetry ? Later(settled.error()) : Handle(settled.error());
  }
  if (producer_lost) ++status.producer_resets;
  if (!subscribed) {
    const Status joined = parts.source.Subscribe(*this);
    if (!joined.has_value()) return Later(joined.error());
    subscribed = true;
  }
  return prepared ? Ok() : LearnCounts();
}

Status Shard::Body::LearnCounts() {
  const auto counted = parts.source.PartitionCounts();
  if (!counted.ok()) return Later(counted.error());
  counts = *counted;
  if (counts.profiles != 0 && counts.profiles != counts.transactions) {
    return Fail(Code::kConfig,
                "the profiles topic has {} partitions and the transactions topic {}: a customer's "
                "records must share a partition number; give both topics the same count",
                counts.profiles, counts.transactions);
  }
  if (options.until_drained) {
    const Status taken = drain.TakeEnds(parts.source, counts);
    if (!taken.has_value()) return Later(taken.error());
  }
  prepared = true;
  return Ok();
}

Status Shard::Body::AdvanceTasks() {
  if (!prepared || !transaction.ready()) return Ok();
  if (reread) SEGMENTD_RETURN_IF_ERROR(RereadTasks());
  const std::int64_t began_ms = NowMs();
  auto at = tasks.upper_bound(advanced);
  for (std::size_t n = tasks.size(); n > 0; --n, ++at) {
    if (at == tasks.end()) at = tasks.begin();
    if (at->second.running() || at->second.failed()) continue;
    advanced = at->first;
    if (at->second.opening() && room == DiskRoom::kLow) {
      status.problem =
          "the disk of state.dir is nearly full: partitions that this process does not "
          "have yet are not opened; make room, or let another process take them";
      continue;
    }
    SEGMENTD_RETURN_IF_ERROR(AdvanceTask(at->second));
    // A question that goes unanswered takes seconds, and the loop has to turn.
    if (NowMs() - began_ms >= kAdvanceMs) break;
  }
  return Ok();
}

Status Shard::Body::AdvanceTask(Task& task) {
  const auto further = task.Advance();
  if (further.ok()) {
    came_further = came_further || *further;
    return Ok();
  }
  if (further.error().code == Code::kRetry) {
    status.problem = further.error().message;
    return Ok();
  }
  task.Fail(further.error().message);
  return tl::unexpected(further.error());
}

// A topic is made anew whole, so that one partition at a time is enough.
Status Shard::Body::LookBack() {
  if (NowMs() - looked_back_ms < kLookBackMs || !status.problem.empty()) return Ok();
  looked_back_ms = NowMs();
  auto at = tasks.upper_bound(looked_back);
  for (std::size_t n = tasks.size(); n > 0; --n, ++at) {
    if (at == tasks.end()) at = tasks.begin();
    if (!at->second.can_look_back()) continue;
    looked_back = at->first;
    const Status same = at->second.LookBack();
    if (same.has_value()) return Ok();
    return same.error().code == Code::kAbort ? Handle(same.error()) : Later(same.error());
  }
  return Ok();
}

// Records were dropped while a commit was pending; it is settled now.
Status Shard::Body::RereadTasks() {
  for (auto& [partition, task] : tasks) {
    if (!task.running()) continue;
    const Status started = task.Reread();
    if (!started.has_value()) return Later(started.error());
  }
  reread = false;
  return Ok();
}

std::int64_t Shard::Body::WaitMs() const {
  if (came_further || (work_left && status.problem.empty())) return 0;
  if (!status.problem.empty() || !transaction.ready()) return kRetryWaitMs;
  std::int64_t wait_ms = kIdleWaitMs;
  for (const auto& [partition, task] : tasks) {
    if (!task.running() && !task.failed()) wait_ms = kRestoreWaitMs;
  }
  if (dirty_since_ms < 0) return wait_ms;
  std::int64_t due_ms = dirty_since_ms + options.commit_interval_ms;
  if (change_since_ms >= 0) {
    due_ms = std::min(due_ms, change_since_ms + options.change_within_ms);
  }
  return std::clamp<std::int64_t>(due_ms - NowMs(), 0, wait_ms);
}

Status Shard::Body::Receive(std::span<const event::RawRecord> polled) {
  if (!transaction.ready() || !prepared || reread) {
    // The views end with the next Poll: read them again when the way is free, and none before them.
    reread = reread || !polled.empty();
    return Ok();
  }
  for (const event::RawRecord& record : polled) groups[record.partition].push_back(record);
  Status status_of_all = Ok();
  for (auto& [partition, group] : groups) {
    const auto task = tasks.find(partition);
    // Records that were fetched before the partition was taken back or rewound are read again.
    if (task != tasks.end() && task->second.running() && !group.empty()) {
      status_of_all = ProcessPartition(task->second, group);
    }
    if (!status_of_all.has_value()) break;
  }
  for (auto& [partition, group] : groups) group.clear();
  SEGMENTD_RETURN_IF_ERROR(status_of_all);
  for (auto& [partition, task] : tasks) {
    // What a tripped task was shown and did not take is no marker.
    if (task.running() && !task.tripped()) task.SkipMarkers();
  }
  NoteDirty();
  return Ok();
}

Status Shard::Body::ProcessPartition(Task& task, std::span<const event::RawRecord> group) {
  while (!group.empty() && task.running() && !task.tripped()) {
    auto slice = group.first(std::min(group.size(), kBatchRecords));
    slice = slice.first(UpToRequest(slice));
    slice = slice.first(task.guard().Together(slice));
    group = group.subspan(slice.size());
    effects.Clear();
    const Status processed = ProcessSlice(task, slice);
    if (!processed.has_value()) return Handle(processed.error(), &task);
    records += static_cast<std::int64_t>(slice.size());
    const Status emitted = Emit(task, effects);
    if (!emitted.has_value()) return Handle(emitted.error());
  }
  return Ok();
}

Status Shard::Body::ProcessSlice(Task& task, std::span<const event::RawRecord> slice) {
  if (slice.front().source == event::Source::kControl) return task.Obey(slice.front(), effects);
  if (task.guard().Condemned(slice.front())) {
    task.Condemn(slice.front(), effects);
    return Ok();
  }
  SEGMENTD_RETURN_IF_ERROR(task.guard().Begin(slice));
  StartSteps();
  SEGMENTD_RETURN_IF_ERROR(task.Process(slice, effects));
  task.guard().End(slice);
  return Ok();
}

// Behind the commit of what was processed before.
Status Shard::Body::HaltTripped() {
  for (auto& [partition, task] : tasks) {
    if (!task.running() || !task.tripped() || task.dirty()) continue;
    task.Halt();
    Report();
    if (!options.until_drained) continue;
    return Fail(Code::kFatal, "partition {} does not drain: {}", partition.value(),
                task.Describe().problem);
  }
  return Ok();
}

Status Shard::Body::Emit(Task& task, pipeline::Effects& made) {
  pending_counts.Add(made.counts);
  newest_record_ms = std::max(newest_record_ms, task.newest_record_ms());
  for (const pipeline::OutRecord& record : made.outputs) {
    SEGMENTD_RETURN_IF_ERROR(transaction.Open());
    Status sent = transaction.Send(record);
    if (sent.has_value()) continue;
    if (sent.error().code != Code::kBadRecord) return sent;
    SEGMENTD_RETURN_IF_ERROR(SendOversized(record, sent.error()));
  }
  std::move(made.changes.begin(), made.changes.end(), std::back_inserter(changes));
  std::move(made.alerts.begin(), made.alerts.end(), std::back_inserter(alerts));
  const bool told = !made.changes.empty() || !made.alerts.empty();
  if (told && change_since_ms < 0) change_since_ms = NowMs();
  return Ok();
}

// A change that is left out would leave a gap in its customer's ordinals, so that the run ends
// before anything of it is committed. A dead letter that the topic refuses goes without its value.
Status Shard::Body::SendOversized(const pipeline::OutRecord& record, const Error& error) {
  if (record.topic != pipeline::Topic::kDlq) {
    return Fail(Code::kConfig, "an output for customer {} is larger than its topic takes: {}",
                record.key.value_or(""), error.message);
  }
  pipeline::OutRecord letter = record;
  letter.value.reset();
  letter.headers.Add("segmentd.error.value_left_out", error.message);
  Status sent = transaction.Send(letter);
  if (sent.has_value() || sent.error().code != Code::kBadRecord) return sent;
  return Fail(Code::kConfig, "the dlq topic refuses even a record without a value: {}",
              sent.error().message);
}

// For calls that may simply be made again: in the next turn, which Poll keeps apart from this one.
Status Shard::Body::Later(const Error& error) {
  if (error.code != Code::kRetry) return tl::unexpected(error);
  ++status.troubles.retried;
  status.problem = error.message;
  return Ok();
}

// For what fails half-way through the use of records: recovers, or ends the run by returning the
// error. Trying the one call again is no choice here, for it would have to wait within the batch.
Status Shard::Body::Handle(const Error& error, Task* task) {
  switch (error.code) {
    case Code::kCorruption:
      if (task == nullptr || task->beyond_repair()) {
        return Fail(Code::kFatal, "{}", error.message);
      }
      Recover(error, task);
      return Ok();
    case Code::kRetry:
    case Code::kAbort:
    case Code::kFenced:
    case Code::kFatal:
      break;
    default:
      return tl::unexpected(error);
  }
  ++status.troubles.aborted;
  if (error.code == Code::kFenced || error.code == Code::kFatal) {
    ++status.troubles.fenced;
    transaction.GiveUp(error.code);
    SEGMENTD_RETURN_IF_ERROR(resets.Note(NowMs(), error));
  }
  Recover(error, nullptr);
  return Ok();
}

// The one recovery: nothing that was not committed is kept, and every task comes back as it would
// after a crash.
void Shard::Body::Recover(const Error& error, Task* corrupt) {
  status.problem = error.message;
  ++status.aborts;
  transaction.GiveUp(error.code);
  ForgetPending();
  reread = false;
  for (auto& [partition, task] : tasks) {
    if (!task.failed()) task.Rewind(&task == corrupt);
  }
  Report();
}

}  // namespace segmentd::runtime
