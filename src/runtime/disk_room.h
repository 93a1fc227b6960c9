#pragma once

#include "segmentd/ports/store.h"

namespace segmentd::runtime {

enum class DiskRoom { kEnough, kLow, kScarce };

// Low: no place for further partitions. Scarce: leave while there is room to leave in order. By
// share of the disk, but never for want of more room than a large disk has left at a small share.
inline DiskRoom RoomIn(const ports::StoreFactory::Space& space) {
  constexpr std::int64_t kGiB = 1 << 30;
  const auto below = [&space](std::int64_t percent) {
    return space.total_bytes > 0 && space.free_bytes < space.total_bytes / 100 * percent &&
           space.free_bytes < percent * kGiB;
  };
  if (below(5)) return DiskRoom::kScarce;
  return below(10) ? DiskRoom::kLow : DiskRoom::kEnough;
}

}  // namespace segmentd::runtime
