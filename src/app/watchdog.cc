#include "app/watchdog.h"

namespace segmentd::app {

std::map<int, std::int64_t> Watchdog::Look(std::span<const ports::ShardStatus> shards,
                                           const std::set<int>& ended, std::int64_t now_ms) {
  std::map<int, std::int64_t> still;
  for (const ports::ShardStatus& shard : shards) {
    const auto [at, fresh] = ticks_.try_emplace(shard.shard, Tick{shard.tick_ms, now_ms});
    // Wall time may jump; that it is another than before is all that counts.
    if (at->second.told_ms != shard.tick_ms) at->second = {shard.tick_ms, now_ms};
    const std::int64_t for_ms = now_ms - at->second.seen_ms;
    if (!ended.contains(shard.shard) && for_ms > kTellMs) still[shard.shard] = for_ms;
  }
  return still;
}

}  // namespace segmentd::app
