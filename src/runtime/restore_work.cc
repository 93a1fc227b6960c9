#include "runtime/restore_work.h"

#include <algorithm>

#include "segmentd/base/assert.h"

namespace segmentd::runtime {

RestoreWork::View RestoreWork::Look() const {
  const MutexLock lock(mutex_);
  return {phase_, remaining_, restored_, moved_ms_, trouble_};
}

void RestoreWork::Proceed() {
  const MutexLock lock(mutex_);
  SEGMENTD_ASSERT(phase_ == Phase::kOpened, "a replay follows the opening");
  phase_ = Phase::kReplaying;
  moved_ms_ = clock_.MonotonicNs() / 1'000'000;
}

ports::Work::Outcome RestoreWork::Step(ports::ChangelogReader& changelog) {
  const Phase phase = Look().phase;
  const std::int64_t remaining_before = restorer_.remaining();
  const Result<bool> done = StepOn(phase, changelog);
  const bool moved = done.ok() || restorer_.remaining() < remaining_before;
  const MutexLock lock(mutex_);
  remaining_ = started_ ? std::max<std::int64_t>(restorer_.remaining(), 0) : 0;
  restored_ = restorer_.restored();
  if (moved) moved_ms_ = clock_.MonotonicNs() / 1'000'000;
  trouble_.reset();
  if (!done.ok()) {
    trouble_ = done.error();
    if (done.error().code == Code::kRetry) return Outcome::kLater;
    phase_ = Phase::kFailed;
    return Outcome::kDone;
  }
  if (!*done) return Outcome::kMore;
  phase_ = phase == Phase::kOpening ? Phase::kOpened : Phase::kRestored;
  return Outcome::kDone;
}

Result<bool> RestoreWork::StepOn(Phase phase, ports::ChangelogReader& changelog) {
  if (phase == Phase::kOpening) {
    SEGMENTD_RETURN_IF_ERROR(rebuild_ ? restorer_.Rebuild() : restorer_.Open());
    return true;
  }
  if (started_) return restorer_.Advance(changelog);
  SEGMENTD_RETURN_IF_ERROR(restorer_.Start(changelog));
  started_ = true;
  return false;
}

}  // namespace segmentd::runtime
