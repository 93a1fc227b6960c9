#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/log.h"
#include "segmentd/base/mutex.h"
#include "segmentd/ports/probe.h"

namespace segmentd::app {

// Says in the log what changed since a shard's last report: states, problems, kinds of refusals.
// Thread-safe.
class LogProbe final : public ports::Probe {
 public:
  LogProbe(const Log& log, const Clock& clock) : log_(log), clock_(clock) {}

  void OnStatus(const ports::ShardStatus& status) override;
  void OnCommit(int shard, const ports::CommitSample& sample) override;
  void OnChanges(std::span<const pipeline::ChangeNote> changes) override;

 private:
  struct Problem {
    std::string text;
    std::int64_t said_ms = 0;
    std::int64_t seen_ms = 0;
    bool open = false;
  };

  void SayStates(const ports::ShardStatus& status) SEGMENTD_REQUIRES(mutex_);
  void SayProgress(const ports::ShardStatus& status) SEGMENTD_REQUIRES(mutex_);
  void SayProblem(const ports::ShardStatus& status) SEGMENTD_REQUIRES(mutex_);
  void SayRefusals(const ports::ShardStatus& status) SEGMENTD_REQUIRES(mutex_);

  const Log& log_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<std::pair<int, Partition>, ports::TaskState> states_ SEGMENTD_GUARDED_BY(mutex_);
  std::map<Partition, std::int64_t> progress_said_ms_ SEGMENTD_GUARDED_BY(mutex_);
  std::map<int, Problem> problems_ SEGMENTD_GUARDED_BY(mutex_);
  std::array<bool, std::tuple_size_v<decltype(pipeline::Counts::rejected)>> refused_
      SEGMENTD_GUARDED_BY(mutex_){};
  bool without_id_ SEGMENTD_GUARDED_BY(mutex_) = false;
};

// Hands each report to several probes, in their order.
class ProbeFan final : public ports::Probe {
 public:
  explicit ProbeFan(std::vector<ports::Probe*> probes) : probes_(std::move(probes)) {}

  void OnStatus(const ports::ShardStatus& status) override {
    for (ports::Probe* probe : probes_) probe->OnStatus(status);
  }
  void OnCommit(int shard, const ports::CommitSample& sample) override {
    for (ports::Probe* probe : probes_) probe->OnCommit(shard, sample);
  }
  void OnChanges(std::span<const pipeline::ChangeNote> changes) override {
    for (ports::Probe* probe : probes_) probe->OnChanges(changes);
  }
  void OnAlerts(std::span<const pipeline::AlertNote> alerts) override {
    for (ports::Probe* probe : probes_) probe->OnAlerts(alerts);
  }

 private:
  const std::vector<ports::Probe*> probes_;
};

}  // namespace segmentd::app
