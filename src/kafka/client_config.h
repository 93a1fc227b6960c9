#pragma once

#include <cstdint>

#include "kafka/handle.h"
#include "segmentd/kafka/shard_ports.h"

namespace segmentd::kafka {

// Partition p of every input topic goes to the same member: no other assignor sees to that.
inline constexpr const char* kAssignor = "range";

// What each kind of client is made with; the reasons stand with the values.
Config GroupConsumerConfig(const ShardOptions& options);
Config PlainConsumerConfig(std::int64_t fetch_bytes_max, bool read_committed);
Config ProducerConfig(std::int64_t bytes_max, std::int64_t record_bytes_max);
Config SinkProducerConfig(const ShardOptions& options);

}  // namespace segmentd::kafka
