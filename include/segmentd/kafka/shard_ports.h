#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "segmentd/base/result.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/pipeline/output.h"
#include "segmentd/ports/changelog.h"
#include "segmentd/ports/sink.h"
#include "segmentd/ports/source.h"

namespace segmentd::kafka {

using OutputTopics = std::array<std::string, pipeline::kTopics>;  // names, by pipeline::Topic

// What every output topic has to take: a full batch and its head. It is Kafka's default.
inline constexpr std::int64_t kMessageBytesMin = 1'048'588;

struct ShardOptions {
  Connection connection;
  std::string app;       // the group id
  std::string instance;  // the transactional id is <app>.<instance>.<shard>
  int shard = 0;
  std::string transactions_topic;
  std::string profiles_topic;  // empty: none
  OutputTopics outputs;
  bool exactly_once = true;  // false: at_least_once, the only choice on the embedded broker
  // An instance that dies amid a commit hides later output from readers for this long at most.
  // Below session.timeout.ms (12 s unless the client settings say otherwise).
  std::int64_t transaction_timeout_ms = 10'000;
  // Without progress for this long a changelog replay returns kRetry.
  std::int64_t replay_stall_ms = 10'000;
  std::int64_t fetch_bytes_max = 64 << 20;  // prefetched input
  // How much of one partition comes before the next one's turn; 0: as librdkafka has it, 1 MiB.
  std::int64_t fetch_partition_bytes = 0;
  std::int64_t send_bytes_max = 64 << 20;     // records on their way to the broker
  std::int64_t record_bytes_max = 1'000'000;  // of an output record; Kafka's default for a topic
  std::int64_t dlq_record_bytes_max = 1'200'000;  // the same for the dlq: above input.max_bytes
};

// "librdkafka 2.0.2, assignment by range": what is used, for the log.
std::string DescribeClient();

// What one shard needs of Kafka: a group member and the producer that commits on its behalf. Both
// belong to the shard's thread. The sink uses the source's membership, so it goes first; the order
// of the members sees to that.
struct ShardPorts {
  std::unique_ptr<ports::RecordSource> source;
  std::unique_ptr<ports::Sink> sink;
};

// Makes the consumer and waits for nobody: brokers that are away show up as kRetry of the ports.
// kConfig: settings that librdkafka refuses (those of the producer: from Sink::Reset).
Result<ShardPorts> ConnectShard(const ShardOptions& options);
// A reader of the changelog, for one thread at a time; in the same way.
Result<std::unique_ptr<ports::ChangelogReader>> OpenChangelog(const ShardOptions& options);

}  // namespace segmentd::kafka
