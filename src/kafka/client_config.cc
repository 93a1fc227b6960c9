#include "kafka/client_config.h"

#include <algorithm>

namespace segmentd::kafka {
namespace {

constexpr std::int64_t kKiB = 1024;
// librdkafka asks for no less than its message.max.bytes, 1,000,000.
constexpr std::int64_t kFetchBytesMin = 1 << 20;
// An answer lies in one piece of memory: one of librdkafka's default size, 50 MiB, is asked of the
// system and given back each time, and lives until its last record is used.
constexpr std::int64_t kFetchBytesMax = 4 << 20;

Config ConsumerConfig(std::int64_t fetch_bytes_max, bool read_committed) {
  Config config;
  config.type = RD_KAFKA_CONSUMER;
  config.defaults = {
      // Returns at once when there is something; until then a newly started partition has to wait.
      {"fetch.wait.max.ms", "50"},
      {"fetch.max.bytes",
       std::to_string(std::clamp(fetch_bytes_max / 2, kFetchBytesMin, kFetchBytesMax))},
      {"check.crcs", "true"},
      {"socket.timeout.ms", "10000"},
      {"reconnect.backoff.max.ms", "1000"},
      {"log.connection.close", "false"},
  };
  config.owned = {
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},
      // Records that are gone are somebody's decision to make, never a silent jump.
      {"auto.offset.reset", "error"},
      {"isolation.level", read_committed ? "read_committed" : "read_uncommitted"},
      // A full queue puts a partition off for a second (librdkafka before 2.2), so that only bytes
      // limit.
      {"queued.min.messages", "1000000"},
      {"queued.max.messages.kbytes",
       std::to_string(std::clamp<std::int64_t>(fetch_bytes_max / kKiB, 1024, 2'097'151))},
  };
  return config;
}

}  // namespace

Config GroupConsumerConfig(const ShardOptions& options) {
  Config config = ConsumerConfig(options.fetch_bytes_max, true);
  config.rebalances = true;
  config.defaults.merge(Settings{
      // A process that was killed holds its partitions for so long; above the transaction timeout,
      // so that whoever takes them over finds no transaction open.
      {"session.timeout.ms", "12000"},
      {"heartbeat.interval.ms", "2000"},
      // A turn of the shard's loop takes milliseconds: only a stuck one runs into this.
      {"max.poll.interval.ms", "120000"},
  });
  config.owned.merge(Settings{
      {"group.id", options.app},
      {"partition.assignment.strategy", kAssignor},
  });
  if (options.fetch_partition_bytes > 0) {
    config.defaults["fetch.message.max.bytes"] = std::to_string(options.fetch_partition_bytes);
  }
  // A static member: a restart within session.timeout.ms moves no partitions.
  const auto chosen = options.connection.client.find("group.instance.id");
  if (chosen != options.connection.client.end()) {
    config.owned["group.instance.id"] = fmt::format("{}.{}", chosen->second, options.shard);
  }
  return config;
}

Config PlainConsumerConfig(std::int64_t fetch_bytes_max, bool read_committed) {
  return ConsumerConfig(fetch_bytes_max, read_committed);
}

Config ProducerConfig(std::int64_t bytes_max, std::int64_t record_bytes_max) {
  Config config;
  config.type = RD_KAFKA_PRODUCER;
  config.reports_deliveries = true;
  config.defaults = {
      {"linger.ms", "1"},  // what is polled together comes together anyway
      {"compression.type", "lz4"},
      {"batch.num.messages", "100000"},
      // A batch above a topic's max.message.bytes (1,048,588 by default) is refused whole.
      {"batch.size", "1000000"},
      {"queue.buffering.max.messages", "1000000"},
      {"queue.buffering.max.kbytes",
       std::to_string(std::clamp<std::int64_t>(bytes_max / kKiB, 1024, 2'097'151))},
      {"socket.timeout.ms", "10000"},
      {"reconnect.backoff.max.ms", "1000"},
      {"log.connection.close", "false"},
  };
  config.owned = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"partitioner", "murmur2_random"},  // what Java's producers do with a key
      {"message.max.bytes", std::to_string(record_bytes_max)},
  };
  return config;
}

Config SinkProducerConfig(const ShardOptions& options) {
  const std::int64_t record_bytes_max =
      std::max(options.record_bytes_max, options.dlq_record_bytes_max);
  // A record larger than the queue would never find room in it.
  Config config =
      ProducerConfig(std::max(options.send_bytes_max, 2 * record_bytes_max), record_bytes_max);
  const std::int64_t timeout_ms = options.transaction_timeout_ms;
  // Within a transaction's life a record is given up, and within a record's a connection.
  config.defaults["message.timeout.ms"] = std::to_string(timeout_ms * 2 / 3);
  config.defaults["socket.timeout.ms"] = std::to_string(timeout_ms / 3);
  // A topic that is not there is named as the reason, before its records only time out.
  config.defaults["topic.metadata.propagation.max.ms"] = std::to_string(timeout_ms / 3);
  if (options.exactly_once) {
    config.owned["transactional.id"] =
        fmt::format("{}.{}.{}", options.app, options.instance, options.shard);
    config.owned["transaction.timeout.ms"] = std::to_string(timeout_ms);
  }
  return config;
}

}  // namespace segmentd::kafka
