#include <algorithm>

#include "runtime/shard_body.h"

namespace segmentd::runtime {
namespace {

// Some milliseconds' worth, so that polling is never late; as many as there were records, so that
// timers keep up with a history that is read at full speed.
constexpr std::size_t kTimersMin = 512;

}  // namespace

// What comes to customers without an event: timers, once the clocks have passed them, and a model
// that has come.
Status Shard::Body::FireTimers(std::size_t records_polled) {
  work_left = false;
  std::size_t left = std::max(kTimersMin, records_polled);
  for (auto& [partition, task] : tasks) {
    // An error may have been recovered from, which takes all of them back.
    if (!transaction.ready() || !prepared) return Ok();
    if (!options.until_drained) {
      const Status followed = task.FollowWall();
      if (!followed.has_value()) SEGMENTD_RETURN_IF_ERROR(Later(followed.error()));
    }
    SEGMENTD_RETURN_IF_ERROR(FireTimers(task, left));
    if (task.sweeping() && !task.timers_due()) SEGMENTD_RETURN_IF_ERROR(Sweep(task, left));
    work_left = work_left || task.timers_due() || task.sweeping();
    // What fired without an effect is in no commit, behind which the store is written.
    if (task.running() && !task.uncommitted() && task.unstored()) {
      const Status stored = task.Store(/*force=*/false);
      if (!stored.has_value()) return Handle(stored.error(), &task);
    }
  }
  NoteDirty();
  return Ok();
}

Status Shard::Body::FireTimers(Task& task, std::size_t& left) {
  while (task.timers_due() && left > 0) {
    const std::size_t slice = std::min(left, kTimersMin);
    left -= slice;
    effects.Clear();
    StartSteps();
    const Status fired = task.FireTimers(slice, effects);
    if (!fired.has_value()) return Handle(fired.error(), &task);
    const Status emitted = Emit(task, effects);
    if (!emitted.has_value()) return Handle(emitted.error());
  }
  return Ok();
}

Status Shard::Body::Sweep(Task& task, std::size_t& left) {
  const std::size_t slice = std::min(left, kTimersMin);
  if (slice == 0) return Ok();
  left -= slice;
  effects.Clear();
  StartSteps();
  const Status swept = task.Sweep(slice, effects);
  if (!swept.has_value()) return Handle(swept.error(), &task);
  const Status emitted = Emit(task, effects);
  return emitted.has_value() ? Ok() : Handle(emitted.error());
}

// Whether all that the run was to do is done: a run that ends when its input is used up.
bool Shard::Body::Finished() const {
  return drain.done() && status.joined &&
         std::all_of(tasks.begin(), tasks.end(), [](const auto& at) {
           return at.second.running() && !at.second.timers_due() && !at.second.sweeping() &&
                  !at.second.dirty();
         });
}

}  // namespace segmentd::runtime
