#include <algorithm>
#include <utility>

#include "runtime/shard_body.h"
#include "segmentd/base/assert.h"

namespace segmentd::runtime {
namespace {

double Seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

// The first deadline by which anything changed; INT64_MAX: none did.
template <typename Note>
std::int64_t OldestDue(const std::vector<Note>& notes) {
  std::int64_t oldest_ms = INT64_MAX;
  for (const Note& note : notes) {
    if (note.reason == "inactivity") oldest_ms = std::min(oldest_ms, note.as_of_ms);
  }
  return oldest_ms;
}

}  // namespace

void Shard::Body::NoteDirty() {
  if (dirty_since_ms >= 0) return;
  for (const auto& [partition, task] : tasks) {
    if (!task.dirty()) continue;
    dirty_since_ms = NowMs();
    return;
  }
}

Status Shard::Body::CommitIfDue() {
  if (!prepared || !transaction.ready()) return Ok();
  NoteDirty();
  if (!CommitDue()) return Ok();
  return Commit();
}

bool Shard::Body::ModelWaits() const {
  return std::any_of(tasks.begin(), tasks.end(),
                     [](const auto& at) { return at.second.model_waits(); });
}

bool Shard::Body::SwitchDue() const {
  return std::any_of(tasks.begin(), tasks.end(),
                     [](const auto& at) { return at.second.switch_due(); });
}

bool Shard::Body::CommitDue() const {
  if (dirty_since_ms < 0) return false;
  if (SwitchDue()) return true;
  const std::int64_t now_ms = NowMs();
  if (now_ms - dirty_since_ms >= options.commit_interval_ms) return true;
  // While more records or due timers wait, a change is late already, and small commits would make
  // it later.
  const bool early = change_since_ms >= 0 && !behind && !work_left;
  if (early && now_ms - change_since_ms >= options.change_within_ms) return true;
  if (records >= options.commit_records_max) return true;
  std::int64_t bytes = 0;
  std::int64_t customers = 0;
  for (const auto& [partition, task] : tasks) {
    if (task.tripped()) return true;
    bytes += task.cache().uncommitted_bytes();
    customers += task.cache().uncommitted();
  }
  const std::int64_t customers_max =
      work_left ? options.commit_customers_due_max : options.commit_customers_max;
  return bytes >= options.commit_bytes_max || customers >= customers_max || ReachedEnds();
}

// Everything that is dirty in one transaction. What cannot be committed is recovered from; an error
// is returned only when it ends the run.
Status Shard::Body::Commit() {
  positions.clear();
  producing.clear();
  commit_began_ns = parts.clock.MonotonicNs();
  for (auto& [partition, task] : tasks) {
    if (!task.dirty()) continue;
    Status produced = transaction.Open();
    if (produced.has_value()) produced = task.Produce(transaction);
    if (!produced.has_value()) return Handle(produced.error(), &task);
    task.AppendPositions(positions);
    producing.push_back(partition);
  }
  if (producing.empty()) {
    SEGMENTD_ASSERT(!transaction.open(), "outputs come of records, and records move positions");
    return Ok();
  }
  commit_produced_ns = parts.clock.MonotonicNs();
  return FinishCommit();
}

Status Shard::Body::FinishCommit() {
  const auto receipt = transaction.Commit(positions);
  if (!receipt.ok()) {
    const Error& error = receipt.error();
    return error.code == Code::kRetry ? Later(error) : Handle(error);
  }
  const std::int64_t ended_ns = parts.clock.MonotonicNs();
  ports::CommitSample sample = Sample(ended_ns);
  SEGMENTD_RETURN_IF_ERROR(OnCommitted(*receipt));
  SEGMENTD_RETURN_IF_ERROR(StoreTasks());
  sample.store_s = Seconds(parts.clock.MonotonicNs() - ended_ns);
  parts.probe.OnCommit(options.shard, sample);
  Report();
  return Ok();
}

// Of what has just been committed and is not forgotten yet.
ports::CommitSample Shard::Body::Sample(std::int64_t ended_ns) const {
  const std::int64_t now_ms = parts.clock.WallMs();
  const auto since = [now_ms](std::int64_t instant_ms) {
    return static_cast<double>(std::max<std::int64_t>(now_ms - instant_ms, 0)) / kSecondMs;
  };
  ports::CommitSample sample;
  sample.produce_s = Seconds(commit_produced_ns - commit_began_ns);
  sample.end_s = Seconds(ended_ns - commit_produced_ns);
  if (newest_record_ms >= 0) sample.event_latency_s = since(newest_record_ms);
  if (pending_counts.newest_event_ms != INT64_MIN) {
    sample.event_skew_s = since(pending_counts.newest_event_ms);
  }
  const std::int64_t due_ms = std::min(OldestDue(changes), OldestDue(alerts));
  if (due_ms != INT64_MAX) sample.timer_latency_s = since(due_ms);
  for (std::size_t i = 0; i < step_ns.size(); ++i) sample.step_s[i] = Seconds(step_ns[i]);
  return sample;
}

void Shard::Body::EndStep(pipeline::Step step) {
  const std::int64_t now_ns = parts.clock.MonotonicNs();
  step_ns[static_cast<std::size_t>(step)] += now_ns - std::exchange(step_began_ns, now_ns);
}

Status Shard::Body::OnCommitted(const ports::CommitReceipt& receipt) {
  Status ended = Ok();
  for (const Partition partition : producing) {
    const auto task = tasks.find(partition);
    if (task == tasks.end()) continue;
    const auto next = receipt.changelog_next.find(partition);
    const Status taken = task->second.OnCommitted(
        next == receipt.changelog_next.end() ? std::nullopt : std::optional(next->second));
    if (!taken.has_value()) ended = taken;
  }
  for (const ports::InputPosition& position : positions) {
    drain.Committed(position.input, position.next);
  }
  ++status.commits;
  status.last_commit_ms = parts.clock.WallMs();
  status.counts.Add(pending_counts);
  if (!changes.empty()) parts.probe.OnChanges(changes);
  if (!alerts.empty()) parts.probe.OnAlerts(alerts);
  ForgetPending();
  return ended;
}

Status Shard::Body::StoreTasks() {
  for (auto& [partition, task] : tasks) {
    if (!task.running()) continue;
    const Status stored = task.Store(/*force=*/false);
    if (!stored.has_value()) return Handle(stored.error(), &task);
  }
  return Ok();
}

void Shard::Body::ForgetPending() {
  dirty_since_ms = change_since_ms = -1;
  records = 0;
  newest_record_ms = -1;
  pending_counts = {};
  step_ns = {};
  changes.clear();
  alerts.clear();
}

// All that this shard's own partitions had to bring, if it is dirty: no need to wait longer.
bool Shard::Body::ReachedEnds() const {
  if (!drain.ready() || tasks.empty() || work_left) return false;
  return std::all_of(tasks.begin(), tasks.end(),
                     [&](const auto& at) { return at.second.AtEnd(drain); });
}

Status Shard::Body::WatchDrain() {
  if (!transaction.ready()) return Ok();
  const Status asked = drain.Watch(parts.source, NowMs());
  return asked.has_value() ? Ok() : Later(asked.error());
}

}  // namespace segmentd::runtime
