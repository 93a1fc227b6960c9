// The limit that the path is measured against: a librdkafka consumer that only counts the records
// of a topic. usage: bench_raw_consumer BROKERS TOPIC EVENTS
#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "segmentd/base/clock.h"

namespace {

rd_kafka_t* Connect(const char* brokers) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::string group = "bench-raw-" + std::to_string(std::rand());
  // As fast as this client goes: large prefetch (its default stalls the fetcher), whole batches.
  const std::vector<std::pair<const char*, const char*>> settings = {
      {"bootstrap.servers", brokers},     {"group.id", group.c_str()},
      {"enable.auto.commit", "false"},    {"auto.offset.reset", "earliest"},
      {"queued.min.messages", "1000000"}, {"queued.max.messages.kbytes", "65536"},
      {"session.timeout.ms", "6000"},     {"fetch.wait.max.ms", "10"}};
  for (const auto& [key, value] : settings) {
    if (rd_kafka_conf_set(conf, key, value, error, sizeof error) != RD_KAFKA_CONF_OK) std::abort();
  }
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (client == nullptr) std::abort();
  rd_kafka_poll_set_consumer(client);
  return client;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::uint64_t wanted = std::strtoull(argv[3], nullptr, 10);
  rd_kafka_t* client = Connect(argv[1]);
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, argv[2], RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(client, topics);
  rd_kafka_topic_partition_list_destroy(topics);

  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(client);
  std::vector<rd_kafka_message_t*> messages(4096);
  std::uint64_t seen = 0;
  std::uint64_t bytes = 0;
  const segmentd::SystemClock clock;
  std::int64_t first_ns = 0;  // joining the group is not reading
  while (seen < wanted) {
    const ssize_t got = rd_kafka_consume_batch_queue(queue, 50, messages.data(), messages.size());
    if (got > 0 && first_ns == 0) first_ns = clock.MonotonicNs();
    for (ssize_t i = 0; i < got; ++i) {
      rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++seen;
        bytes += message->len;
      }
      rd_kafka_message_destroy(message);
    }
  }
  std::printf("%llu records, %llu bytes, %.3f s from the first\n",
              static_cast<unsigned long long>(seen), static_cast<unsigned long long>(bytes),
              static_cast<double>(clock.MonotonicNs() - first_ns) / 1e9);
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
}
