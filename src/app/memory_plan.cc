#include "app/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace segmentd::app {
namespace {

constexpr std::int64_t kMiB = 1 << 20;
// Queues only bridge the time between two polls; beyond this more bytes buy nothing.
constexpr std::int64_t kQueueBytesMax = 64 * kMiB;
constexpr std::int64_t kQueueBytesMin = 2 * kMiB;
// More at once would fight for the disk.
constexpr int kHelpersMax = 4;

// So that RocksDB and the caches have something to work with.
constexpr std::int64_t kRestBytesMin = 16 * kMiB;

// How many queues as large as fetch_bytes there are.
int Queues(int shards, int helpers, bool rekey) { return 3 * shards + helpers + (rekey ? 2 : 0); }

}  // namespace

MemoryPlan PlanMemory(std::int64_t memory_bytes, int shards, bool rekey) {
  const std::int64_t share = memory_bytes / (shards + (rekey ? 1 : 0));
  MemoryPlan plan;
  plan.helpers = std::min(shards, kHelpersMax);
  plan.fetch_bytes = std::clamp(share / 10, kQueueBytesMin, kQueueBytesMax);
  plan.send_bytes = plan.fetch_bytes;
  plan.commit_bytes = plan.fetch_bytes;
  const std::int64_t queues = plan.fetch_bytes * Queues(shards, plan.helpers, rekey);
  const std::int64_t rest = std::max<std::int64_t>(memory_bytes - queues, 0);
  // A customer in the cache costs a look-up, one in a block a read, a checksum and a decoding.
  plan.cache_bytes = rest / 2 / shards;
  plan.store_bytes = rest - plan.cache_bytes * shards;
  return plan;
}

std::string DescribeMemory(const MemoryPlan& plan, int shards, bool rekey) {
  return fmt::format(
      "{} x (fetch {} + send {} + commit {} + cache {}) + {} x restore {}{} + store {} MiB", shards,
      plan.fetch_bytes / kMiB, plan.send_bytes / kMiB, plan.commit_bytes / kMiB,
      plan.cache_bytes / kMiB, plan.helpers, plan.fetch_bytes / kMiB,
      rekey ? fmt::format(" + re-key {}", 2 * plan.fetch_bytes / kMiB) : "",
      plan.store_bytes / kMiB);
}

std::int64_t LeastMemory(int shards, bool rekey) {
  return kQueueBytesMin * Queues(shards, std::min(shards, kHelpersMax), rekey) + kRestBytesMin;
}

}  // namespace segmentd::app
