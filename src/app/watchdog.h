#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>

#include "segmentd/ports/probe.h"

namespace segmentd::app {

// Notices a shard whose loop does not turn, in whatever call it stands: it reports nothing itself,
// and its partitions are neither processed nor given up. One thread.
class Watchdog {
 public:
  // Longer than a turn with brokers that answer: worth telling.
  static constexpr std::int64_t kTellMs = 10'000;
  // Longer than the longest turn with every broker away, shorter than max.poll.interval.ms.
  static constexpr std::int64_t kLimitMs = 100'000;

  // Looks at what the shards told last; now_ms is monotonic. For how long each of those that have
  // not turned for kTellMs stands still.
  std::map<int, std::int64_t> Look(std::span<const ports::ShardStatus> shards,
                                   const std::set<int>& ended, std::int64_t now_ms);

 private:
  struct Tick {
    std::int64_t told_ms = 0;
    std::int64_t seen_ms = 0;
  };
  std::map<int, Tick> ticks_;
};

}  // namespace segmentd::app
