#pragma once

#include <memory>
#include <optional>
#include <string>

#include "runtime/restorer.h"
#include "segmentd/base/mutex.h"
#include "segmentd/ports/helpers.h"

namespace segmentd::runtime {

// A restore in the hands of helpers: two pieces of work, opening and replaying, and between them
// the task asks for the group's committed offset. Whoever drops it ends it.
class RestoreWork final : public ports::Work {
 public:
  // rebuild: the store is moved aside and made anew. REQUIRES: then none is given.
  RestoreWork(Partition partition, const Restorer::Parts& parts,
              std::unique_ptr<ports::StateStore> store, bool rebuild)
      : clock_(parts.clock),
        rebuild_(rebuild),
        restorer_(partition, parts, std::move(store)),
        moved_ms_(clock_.MonotonicNs() / 1'000'000) {}

  Outcome Step(ports::ChangelogReader& changelog) override;

  enum class Phase { kOpening, kOpened, kReplaying, kRestored, kFailed };
  struct View {
    Phase phase = Phase::kOpening;
    std::int64_t remaining = 0;
    std::uint64_t restored = 0;
    std::int64_t moved_ms = 0;     // monotonic: when it last came further
    std::optional<Error> trouble;  // kFailed: why; else what holds it up
  };
  // At any time.
  View Look() const;
  // The committed offset was taken: the next piece is the replay. REQUIRES: opened.
  void Proceed();
  // REQUIRES: restored.
  Restorer& restorer() { return restorer_; }

 private:
  Result<bool> StepOn(Phase phase, ports::ChangelogReader& changelog);

  const Clock& clock_;
  bool rebuild_;
  bool started_ = false;
  Restorer restorer_;  // whoever steps has it, and in the end the task

  mutable Mutex mutex_;
  Phase phase_ SEGMENTD_GUARDED_BY(mutex_) = Phase::kOpening;
  std::int64_t remaining_ SEGMENTD_GUARDED_BY(mutex_) = 0;
  std::uint64_t restored_ SEGMENTD_GUARDED_BY(mutex_) = 0;
  std::int64_t moved_ms_ SEGMENTD_GUARDED_BY(mutex_);
  std::optional<Error> trouble_ SEGMENTD_GUARDED_BY(mutex_);
};

}  // namespace segmentd::runtime
