// The part of the shard that gains and loses partitions.
#include <algorithm>

#include "runtime/shard_body.h"

namespace segmentd::runtime {

void Shard::Body::OnAssigned(std::span<const ports::InputPartition> partitions) {
  status.joined = true;
  ++status.rebalances;
  for (const ports::InputPartition& input : partitions) {
    if (prepared && input.partition.value() >= counts.transactions) {
      deferred = Fail(Code::kConfig,
                      "the input topic has a partition {} and had {} partitions before: customers "
                      "have moved between partitions, away from their state. Make a topic with the "
                      "new count and read it with a new app",
                      input.partition.value(), counts.transactions);
      continue;
    }
    const auto [at, fresh] =
        tasks.try_emplace(input.partition, input.partition, options, parts, counts);
    at->second.AddInput(input);
  }
  ShareCache();
}

void Shard::Body::OnRevoked(std::span<const ports::InputPartition> partitions, bool lost) {
  ++status.rebalances;
  if (lost) ++status.troubles.lost;
  const std::int64_t began_ns = parts.clock.MonotonicNs();
  const bool write = !lost && !closing;
  if (write) {
    // Under the old ownership, or not at all.
    Status committed = transaction.committing() ? FinishCommit() : Ok();
    if (committed.has_value() && transaction.ready()) committed = Commit();
    if (!committed.has_value()) deferred = committed;
  }
  const Error gone{Code::kRetry, "partitions were taken away"};
  const bool uncommitted =
      std::any_of(tasks.begin(), tasks.end(), [](const auto& at) { return at.second.dirty(); });
  if (transaction.committing() || transaction.open() || uncommitted) Recover(gone, nullptr);
  const Status closed = CloseTasks(partitions, write);
  if (!closed.has_value() && deferred.has_value()) deferred = closed;
  ShareCache();
  ++status.troubles.revocations;
  status.troubles.revoked_s += static_cast<double>(parts.clock.MonotonicNs() - began_ns) / 1e9;
  Report();
}

Status Shard::Body::CloseTasks(std::span<const ports::InputPartition> partitions, bool write) {
  Status closed = Ok();
  for (const ports::InputPartition& input : partitions) {
    const auto task = tasks.find(input.partition);
    if (task == tasks.end()) continue;
    closed_hits += task->second.cache_hits();
    closed_misses += task->second.cache_misses();
    Status status_of_one = task->second.Close(write);
    if (!status_of_one.has_value()) closed = std::move(status_of_one);
    tasks.erase(task);
  }
  return closed;
}

void Shard::Body::ShareCache() {
  for (auto& [partition, task] : tasks) {
    task.cache().SetLimit(options.cache_bytes_max / static_cast<std::int64_t>(tasks.size()));
  }
}

}  // namespace segmentd::runtime
