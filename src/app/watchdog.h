#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "segmentd/ports/probe.h"

namespace segmentd::app {

// Notices a shard whose loop no longer turns, in whatever call it hangs: its partitions would be
// neither processed nor given up. One thread.
class Watchdog {
 public:
  // Longer than the longest turn with every broker away, shorter than max.poll.interval.ms.
  static constexpr std::int64_t kLimitMs = 100'000;

  // Looks at what the shards told last; now_ms is monotonic. The number of one that is stuck.
  std::optional<int> Look(std::span<const ports::ShardStatus> shards, const std::set<int>& ended,
                          std::int64_t now_ms);

 private:
  struct Tick {
    std::int64_t told_ms = 0;
    std::int64_t seen_ms = 0;
  };
  std::map<int, Tick> ticks_;
};

}  // namespace segmentd::app
