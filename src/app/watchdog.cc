#include "app/watchdog.h"

namespace segmentd::app {

std::optional<int> Watchdog::Look(std::span<const ports::ShardStatus> shards,
                                  const std::set<int>& ended, std::int64_t now_ms) {
  for (const ports::ShardStatus& shard : shards) {
    const auto [at, fresh] = ticks_.try_emplace(shard.shard, Tick{shard.tick_ms, now_ms});
    // Wall time may jump; that it is another than before is all that counts.
    if (at->second.told_ms != shard.tick_ms) at->second = {shard.tick_ms, now_ms};
    if (!ended.contains(shard.shard) && now_ms - at->second.seen_ms > kLimitMs) return shard.shard;
  }
  return std::nullopt;
}

}  // namespace segmentd::app
