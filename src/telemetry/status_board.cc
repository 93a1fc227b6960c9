#include "segmentd/telemetry/status_board.h"

namespace segmentd::telemetry {

void StatusBoard::OnStatus(const ports::ShardStatus& status) {
  const MutexLock lock(mutex_);
  shards_[status.shard] = status;
}

void StatusBoard::OnCommit(int, const ports::CommitSample&) {}

void StatusBoard::OnChanges(std::span<const pipeline::ChangeNote> changes) {
  const MutexLock lock(mutex_);
  changes_.insert(changes_.end(), changes.begin(), changes.end());
  while (changes_.size() > changes_max_) changes_.pop_front();
}

std::vector<ports::ShardStatus> StatusBoard::Shards() const {
  const MutexLock lock(mutex_);
  std::vector<ports::ShardStatus> shards;
  for (const auto& [number, status] : shards_) shards.push_back(status);
  return shards;
}

std::vector<pipeline::ChangeNote> StatusBoard::NewestChanges() const {
  const MutexLock lock(mutex_);
  return {changes_.begin(), changes_.end()};
}

}  // namespace segmentd::telemetry
