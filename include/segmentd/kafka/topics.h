#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/kafka/shard_ports.h"

namespace segmentd::kafka {

struct TopicSpec {
  std::string name;
  int partitions = 1;
  Settings config = {};  // as the broker names them: cleanup.policy, retention.ms, ...
};

// The output topics as segmentd wants them: retention, compaction, the dlq's record size. Those
// without a name are left out.
std::vector<TopicSpec> OutputTopicSpecs(const OutputTopics& names, int partitions,
                                        std::int64_t dlq_record_bytes_max);

// The topic that models travel on.
TopicSpec ModelTopicSpec(const std::string& name);

// The number of partitions of each topic, nothing for those that do not exist. kRetry: the brokers
// cannot be reached.
Result<std::vector<std::optional<int>>> PartitionCounts(const Connection& connection,
                                                        std::span<const std::string> topics);

// Makes the missing topics (create) and checks what is there: the number of partitions,
// cleanup.policy, max.message.bytes. kConfig says which topic differs and how to mend it;
// kNotFound, with the commands to run, when topics are missing and may not be created; kRetry as
// above. A broker without the admin API (the embedded one) cannot create: there only what exists is
// checked.
Status EnsureTopics(const Connection& connection, std::span<const TopicSpec> topics, bool create);

// The largest record that any of these topics takes; 0 where the brokers do not tell. kRetry.
Result<std::int64_t> RecordBytesMax(const Connection& connection,
                                    std::span<const std::string> topics);

// A topic's configuration as the broker reports it; kNotFound, kRetry.
Result<Settings> TopicConfig(const Connection& connection, const std::string& topic);

// Deletes what a group has read of a topic, all but the newest `kept` offsets of each partition.
// kRetry; kConfig where that is not permitted.
Status TrimTopic(const Connection& connection, const std::string& topic, const std::string& group,
                 std::int64_t kept);

// Deletes records and configuration. For tests and `segmentd topics`; kNotFound, kRetry.
Status DeleteTopic(const Connection& connection, const std::string& topic);

}  // namespace segmentd::kafka
