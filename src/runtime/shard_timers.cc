#include <algorithm>

#include "runtime/shard_body.h"

namespace segmentd::runtime {
namespace {

// Some milliseconds' worth, so that polling is never late; as many as there were records, so that
// timers keep up with a history that is read at full speed.
constexpr std::size_t kTimersMin = 512;

}  // namespace

// Timers of customers without an event, once the clocks have passed them.
Status Shard::Body::FireTimers(std::size_t records_polled) {
  timers_left = false;
  if (!transaction.ready() || !prepared) return Ok();
  std::size_t left = std::max(kTimersMin, records_polled);
  for (auto& [partition, task] : tasks) {
    if (!options.until_drained) {
      const Status followed = task.FollowWall();
      if (!followed.has_value()) SEGMENTD_RETURN_IF_ERROR(Later(followed.error()));
    }
    while (task.timers_due() && left > 0) {
      const std::size_t slice = std::min(left, kTimersMin);
      left -= slice;
      effects.Clear();
      const Status fired = task.FireTimers(slice, effects);
      if (!fired.has_value()) return Handle(fired.error(), &task);
      const Status emitted = Emit(task, effects);
      if (!emitted.has_value()) return Handle(emitted.error());
    }
    timers_left = timers_left || task.timers_due();
    // What fired without an effect is in no commit, behind which the store is written.
    if (task.running() && task.cache().uncommitted() == 0 && task.unstored()) {
      const Status stored = task.Store(/*force=*/false);
      if (!stored.has_value()) return Handle(stored.error(), &task);
    }
  }
  NoteDirty();
  return Ok();
}

// Whether all that the run was to do is done: a run that ends when its input is used up.
bool Shard::Body::Finished() const {
  return drain.done() && status.joined &&
         std::all_of(tasks.begin(), tasks.end(), [](const auto& at) {
           return at.second.running() && !at.second.timers_due() && !at.second.dirty();
         });
}

}  // namespace segmentd::runtime
