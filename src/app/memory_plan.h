#pragma once

#include <cstdint>
#include <string>

namespace segmentd::app {

// How state.memory is shared out. All but the store's part is per shard.
struct MemoryPlan {
  int helpers = 1;                // threads that restore; each prefetches as much as a shard
  std::int64_t fetch_bytes = 0;   // prefetched input
  std::int64_t send_bytes = 0;    // output on its way
  std::int64_t commit_bytes = 0;  // images of an open commit
  std::int64_t cache_bytes = 0;   // customers
  std::int64_t store_bytes = 0;   // RocksDB's blocks and memtables, one budget for all partitions
};

// rekey: one more fetches and sends.
MemoryPlan PlanMemory(std::int64_t memory_bytes, int shards, bool rekey = false);
std::string DescribeMemory(const MemoryPlan& plan, int shards, bool rekey = false);
// The least that can be shared out.
std::int64_t LeastMemory(int shards, bool rekey);

}  // namespace segmentd::app
