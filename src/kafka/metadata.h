#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kafka/handle.h"
#include "kafka/health.h"

namespace segmentd::kafka {

// A topic's number of partitions; nothing: there is no such topic. kRetry: brokers away.
Result<std::optional<int>> AskPartitions(const Handle& client, const Health& health,
                                         const std::string& topic, int timeout_ms);

struct Watermarks {
  std::int64_t low = 0;
  std::int64_t end =
      0;  // to a read_committed client the last stable offset, else the high watermark
};
Result<Watermarks> AskWatermarks(const Handle& client, const Health& health,
                                 const std::string& topic, std::int32_t partition, int timeout_ms);

// The thread that fetches may sleep for a second over a partition that it was just given. An answer
// to anything wakes it.
void WakeFetches(const Handle& client, const std::string& topic, std::int32_t partition);

}  // namespace segmentd::kafka
