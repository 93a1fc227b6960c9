// The part of Task that changes models: recorded with a commit, in force from its positions on.
#include <algorithm>

#include "runtime/task.h"
#include "segmentd/base/assert.h"

namespace segmentd::runtime {
namespace {

std::string VersionOf(const std::shared_ptr<const pipeline::Model>& model) {
  return model == nullptr ? "" : model->version;
}

}  // namespace

pipeline::Pipeline& Task::pipeline() const {
  parts_.pipeline.UseModel(model_);
  return parts_.pipeline;
}

// A timer is armed for no later than any model at hand would have it: which one scores the
// partition is known when its last position has been read, and customers come before that.
std::function<Result<std::int64_t>(std::string_view)> Task::Pending() const {
  std::vector<std::shared_ptr<const pipeline::Deadlines>> all;
  for (const auto& model : parts_.models.All()) {
    all.push_back(parts_.pipeline.DeadlinesUnder(model.get()));
  }
  if (all.empty()) all.push_back(parts_.pipeline.DeadlinesUnder(nullptr));
  return [all](std::string_view image) -> Result<std::int64_t> {
    pipeline::Customer customer;
    SEGMENTD_RETURN_IF_ERROR(pipeline::DecodeCustomer(image, customer));
    std::int64_t first_ms = pipeline::kNever;
    for (const auto& deadlines : all) {
      first_ms = std::min(first_ms, deadlines->Pending(customer));
    }
    return first_ms;
  };
}

// The model that scored last goes on until a commit says otherwise. A partition that begins takes
// the active one.
void Task::TakeModel(const std::optional<ports::TaskMeta>& meta) {
  model_lost_ = false;
  if (meta && meta->model_version.empty()) {
    model_ = nullptr;
    return;
  }
  if (meta) model_ = parts_.models.Find(meta->model_version);
  if (meta && model_ != nullptr) return;
  model_ = parts_.models.Active();
  model_lost_ = meta.has_value();
}

// Where none is usable, what scored until now goes on: there is none that customers could follow.
bool Task::model_waits() const {
  if (!running()) return false;
  const auto active = parts_.models.Active();
  return active != nullptr && active != model_;
}

// Not before all customers have followed the model before and all timers have fired under it: else
// what comes of a customer would depend on when the loop came to it.
bool Task::switch_due() const {
  if (!running()) return false;
  if (model_lost_) return true;
  // What scored until now has to stand in a commit before that.
  const bool recorded = meta_.model_version == VersionOf(model_);
  return model_waits() && recorded && !sweeping() && !timers_due();
}

void Task::ProduceSwitch() {
  meta_.model_switch = clock_.model_switch;
  if (switch_due()) {
    next_model_ = parts_.models.Active();
    pipeline::ModelSwitch& next = meta_.model_switch;
    ++next.number;
    next.clock_ms = clock_.clock_ms;
    next.sweep_from.reset();
    if (*next_model_ != nullptr) next.sweep_from = "";
  }
  meta_.model_version = VersionOf(next_model_ ? *next_model_ : model_);
}

void Task::FinishSwitch() {
  clock_.model_switch = meta_.model_switch;
  if (!next_model_) return;
  model_ = std::move(*next_model_);
  next_model_.reset();
  model_lost_ = false;
  store_behind_ = true;
}

Status Task::Sweep(std::size_t customers_max, pipeline::Effects& effects) {
  SEGMENTD_ASSERT(sweeping(), "a sweep has somebody to come to");
  std::optional<std::string>& from = clock_.model_switch.sweep_from;
  SEGMENTD_RETURN_IF_ERROR(store_->ReadIds(*from, customers_max, swept_));
  if (swept_.empty()) {
    from.reset();
    return Ok();
  }
  ids_.assign(swept_.begin(), swept_.end());
  SEGMENTD_RETURN_IF_ERROR(Fetch(ids_));
  outcomes_.assign(ids_.size(), {});
  pipeline().Follow(partition_, ids_, customers_, outcomes_, clock_, parts_.clock.WallMs(),
                    effects);
  sampled_ = sampled_ || effects.counts.samples > 0;
  KeepOutcomes(ids_);
  from = swept_.back() + '\0';
  return Ok();
}

}  // namespace segmentd::runtime
