#include "app/log_probe.h"

#include <algorithm>

#include "segmentd/event/event.h"

namespace segmentd::app {
namespace {

// The same problem is said again after so long, and called mended when unseen for so long.
constexpr std::int64_t kRepeatMs = 60 * kSecondMs;
constexpr std::int64_t kMendedMs = 3 * kSecondMs;
constexpr std::int64_t kProgressMs = 10 * kSecondMs;

}  // namespace

void LogProbe::OnStatus(const ports::ShardStatus& status) {
  const MutexLock lock(mutex_);
  SayStates(status);
  SayProgress(status);
  SayProblem(status);
  SayRefusals(status);
}

void LogProbe::OnCommit(int, const ports::CommitSample&) {}

void LogProbe::OnChanges(std::span<const pipeline::ChangeNote>) {}

void LogProbe::SayStates(const ports::ShardStatus& status) {
  const std::string shard = fmt::format("{}", status.shard);
  for (const ports::PartitionStatus& partition : status.partitions) {
    const auto [at, fresh] =
        states_.try_emplace({status.shard, partition.partition}, partition.state);
    if (!fresh && at->second == partition.state) continue;
    at->second = partition.state;
    const std::string number = fmt::format("{}", partition.partition.value());
    const std::string state(ports::TaskStateName(partition.state));
    if (partition.problem.empty()) {
      log_.Info("partition", {{"partition", number}, {"state", state}, {"shard", shard}});
    } else {
      log_.Warn("partition", {{"partition", number},
                              {"state", state},
                              {"shard", shard},
                              {"problem", partition.problem}});
    }
  }
  std::erase_if(states_, [&](const auto& entry) {
    const auto& [owner, partition] = entry.first;
    if (owner != status.shard ||
        std::ranges::find(status.partitions, partition, &ports::PartitionStatus::partition) !=
            status.partitions.end()) {
      return false;
    }
    log_.Info("partition", {{"partition", fmt::format("{}", partition.value())},
                            {"state", "released"},
                            {"shard", shard}});
    return true;
  });
}

// Of restores that take longer than a moment.
void LogProbe::SayProgress(const ports::ShardStatus& status) {
  for (const ports::PartitionStatus& partition : status.partitions) {
    const bool restoring = partition.state == ports::TaskState::kRestoring;
    if (!restoring || partition.restore_remaining <= 0 ||
        partition.state_s * kSecondMs < kProgressMs)
      continue;
    std::int64_t& said_ms = progress_said_ms_[partition.partition];
    if (clock_.WallMs() - said_ms < kProgressMs) continue;
    said_ms = clock_.WallMs();
    const bool known = partition.restore_eta_s >= 0;
    log_.Info("restoring",
              {{"partition", fmt::format("{}", partition.partition.value())},
               {"restored", fmt::format("{}", partition.restored)},
               {"remaining", fmt::format("{}", partition.restore_remaining)},
               {"eta_s", known ? fmt::format("{:.0f}", partition.restore_eta_s) : "unknown"}});
  }
}

void LogProbe::SayProblem(const ports::ShardStatus& status) {
  Problem& problem = problems_[status.shard];
  const std::int64_t now_ms = clock_.WallMs();
  const std::string shard = fmt::format("{}", status.shard);
  if (status.problem.empty()) {
    if (!problem.open || now_ms - problem.seen_ms < kMendedMs) return;
    problem.open = false;
    log_.Info("the problem is over", {{"shard", shard}});
    return;
  }
  problem.seen_ms = now_ms;
  if (problem.open && Gist(problem.text) == Gist(status.problem) &&
      now_ms - problem.said_ms < kRepeatMs)
    return;
  problem = {status.problem, now_ms, now_ms, true};
  log_.Warn(status.problem, {{"shard", shard}});
}

void LogProbe::SayRefusals(const ports::ShardStatus& status) {
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    if (refused_[i] || status.counts.rejected[i] == 0) continue;
    refused_[i] = true;
    log_.Warn("records are refused and go to the dead-letter topic",
              {{"code", std::string(event::RejectCodeName(static_cast<event::RejectCode>(i)))}});
  }
  if (!without_id_ && status.counts.without_id > 0) {
    without_id_ = true;
    log_.Warn("events come without event_id, so repeated ones count again");
  }
}

}  // namespace segmentd::app
