#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "segmentd/base/mutex.h"
#include "segmentd/ports/probe.h"

namespace segmentd::telemetry {

// The last that each shard told, and the newest changes: what the probes and pages show.
// Thread-safe.
class StatusBoard final : public ports::Probe {
 public:
  explicit StatusBoard(std::size_t changes_max = 200) : changes_max_(changes_max) {}

  void OnStatus(const ports::ShardStatus& status) override;
  void OnCommit(int shard, const ports::CommitSample& sample) override;
  void OnChanges(std::span<const pipeline::ChangeNote> changes) override;

  // Ascending by shard; a shard that has not told anything yet is not there.
  std::vector<ports::ShardStatus> Shards() const;
  // Oldest first, at most changes_max.
  std::vector<pipeline::ChangeNote> NewestChanges() const;

 private:
  const std::size_t changes_max_;
  mutable Mutex mutex_;
  std::map<int, ports::ShardStatus> shards_ SEGMENTD_GUARDED_BY(mutex_);
  std::deque<pipeline::ChangeNote> changes_ SEGMENTD_GUARDED_BY(mutex_);
};

}  // namespace segmentd::telemetry
