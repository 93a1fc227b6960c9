#pragma once

#include "app/demo_view.h"
#include "segmentd/base/mutex.h"
#include "segmentd/ports/probe.h"

namespace segmentd::app {

// Collects what the daemon of a demo reports, for its view. Thread-safe.
class DemoWatch final : public ports::Probe {
 public:
  void OnStatus(const ports::ShardStatus& status) override {
    const MutexLock lock(mutex_);
    status_ = status;
  }
  void OnCommit(int, const ports::CommitSample&) override {}
  void OnChanges(std::span<const pipeline::ChangeNote> changes) override {
    const MutexLock lock(mutex_);
    tally_.Add(changes);
  }
  void OnAlerts(std::span<const pipeline::AlertNote> alerts) override {
    const MutexLock lock(mutex_);
    tally_.Add(alerts);
  }

  void OnTrainer(const train::LiveStatus& trainer) {
    const MutexLock lock(mutex_);
    tally_.Add(trainer);
  }

  ports::ShardStatus Status() const {
    const MutexLock lock(mutex_);
    return status_;
  }
  // What was seen so far; the movements begin anew.
  DemoTally TakeFrame() {
    const MutexLock lock(mutex_);
    DemoTally frame = tally_;
    tally_.NextFrame();
    return frame;
  }

 private:
  mutable Mutex mutex_;
  DemoTally tally_ SEGMENTD_GUARDED_BY(mutex_);
  ports::ShardStatus status_ SEGMENTD_GUARDED_BY(mutex_);
};

}  // namespace segmentd::app
