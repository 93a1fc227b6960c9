#include "runtime/task.h"
#include "segmentd/base/assert.h"

namespace segmentd::runtime {

Status Task::FireTimers(std::size_t timers_max, pipeline::Effects& effects) {
  SEGMENTD_ASSERT(running(), "timers are for running tasks");
  SEGMENTD_RETURN_IF_ERROR(timers_.Take(*store_, clock_.clock_ms, timers_max, due_));
  due_views_.clear();
  ids_.clear();
  for (const ports::Timer& timer : due_) {
    due_views_.push_back({timer.deadline_ms, timer.customer_id});
    ids_.push_back(timer.customer_id);
  }
  SEGMENTD_RETURN_IF_ERROR(Fetch(ids_));
  outcomes_.assign(ids_.size(), {});
  pipeline().Fire(partition_, due_views_, customers_, outcomes_, clock_, parts_.clock.WallMs(),
                  effects);
  sampled_ = sampled_ || effects.counts.samples > 0;
  KeepOutcomes(ids_);
  return Ok();
}

// The state that a batch changed, and the timers that it arms.
void Task::KeepOutcomes(std::span<const std::string_view> ids) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const pipeline::Outcome& outcome = outcomes_[i];
    if (outcome.arm_ms != pipeline::kNever) timers_.Arm(outcome.arm_ms, ids[i]);
    if (!outcome.changed) continue;
    members_.After(i, customers_[i]);
    image_.clear();
    if (!pipeline::IsBlank(customers_[i])) pipeline::EncodeCustomer(customers_[i], image_);
    cache_.Put(ids[i], image_);
  }
}

Status Task::FollowWall() {
  if (!running() || !inputs_[0].assigned) {
    idle_.Interrupt();
    return Ok();
  }
  if (!idle_.ProofDue()) return Ok();
  const ports::InputPartition input = InputOf(0);
  // Costs nothing, and mostly answers it.
  if (parts_.source.CachedRange(input).end > inputs_[0].next) {
    idle_.Interrupt();
    return Ok();
  }
  const auto drained = parts_.source.Drained(input, inputs_[0].next);
  if (!drained.ok() || !*drained) {
    idle_.Interrupt();
    return drained.ok() ? Ok() : tl::unexpected(drained.error());
  }
  // Before the first event there is no time to move.
  const std::optional<std::int64_t> passed_ms = idle_.Prove();
  if (passed_ms && clock_.clock_ms != INT64_MIN) {
    clock_.clock_ms = std::max(clock_.clock_ms, *passed_ms);
  }
  return Ok();
}

}  // namespace segmentd::runtime
