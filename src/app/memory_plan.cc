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

}  // namespace

MemoryPlan PlanMemory(std::int64_t memory_bytes, int shards) {
  const std::int64_t share = memory_bytes / shards;
  MemoryPlan plan;
  plan.helpers = std::min(shards, kHelpersMax);
  plan.fetch_bytes = std::clamp(share / 10, kQueueBytesMin, kQueueBytesMax);
  plan.send_bytes = plan.fetch_bytes;
  plan.commit_bytes = plan.fetch_bytes;
  const std::int64_t queues = plan.fetch_bytes * (3 * shards + plan.helpers);
  const std::int64_t rest = std::max<std::int64_t>(memory_bytes - queues, 0);
  // A customer in the cache costs a look-up, one in a block a read, a checksum and a decoding.
  plan.cache_bytes = rest / 2 / shards;
  plan.store_bytes = rest - plan.cache_bytes * shards;
  return plan;
}

std::string DescribeMemory(const MemoryPlan& plan, int shards) {
  return fmt::format(
      "{} x (fetch {} + send {} + commit {} + cache {}) + {} x restore {} + store {} "
      "MiB",
      shards, plan.fetch_bytes / kMiB, plan.send_bytes / kMiB, plan.commit_bytes / kMiB,
      plan.cache_bytes / kMiB, plan.helpers, plan.fetch_bytes / kMiB, plan.store_bytes / kMiB);
}

}  // namespace segmentd::app
