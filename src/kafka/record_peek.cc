#include "kafka/record_peek.h"

#include "kafka/client_config.h"

namespace segmentd::kafka {
namespace {

constexpr std::int64_t kFetchBytes = 2 << 20;
constexpr int kSliceMs = 10;

}  // namespace

Status RecordPeek::Open() {
  if (client_) return Ok();
  Config config = PlainConsumerConfig(kFetchBytes, /*read_committed=*/true);
  // Never joined, but librdkafka assigns nothing to a client without a group.
  config.owned["group.id"] = "segmentd-reader";
  // Behind a partition's last record a fetch waits for another, and the next look for the fetch.
  config.owned["fetch.wait.max.ms"] = "10";
  SEGMENTD_ASSIGN_OR_RETURN(client_, Handle::Open(connection_, config, events_));
  queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  return Ok();
}

Result<std::optional<std::uint64_t>> RecordPeek::MarkAt(const std::string& topic,
                                                        std::int32_t partition, std::int64_t offset,
                                                        int timeout_ms) {
  SEGMENTD_RETURN_IF_ERROR(Open());
  const TopicListPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  const std::string doing =
      fmt::format("looking at offset {} of partition {} of topic \"{}\"", offset, partition, topic);
  const rd_kafka_resp_err_t assigned = rd_kafka_assign(client_.get(), list.get());
  if (assigned != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(ErrorOf(assigned, doing));
  auto mark = Await(topic, partition, offset, timeout_ms, doing);
  batch_.Clear();
  rd_kafka_assign(client_.get(), nullptr);
  return mark;
}

Result<Watermarks> RecordPeek::Range(const std::string& topic, std::int32_t partition,
                                     int timeout_ms) {
  SEGMENTD_RETURN_IF_ERROR(Open());
  return AskWatermarks(client_, events_.health, topic, partition, timeout_ms);
}

Result<std::optional<std::uint64_t>> RecordPeek::Await(const std::string& topic,
                                                       std::int32_t partition, std::int64_t offset,
                                                       int timeout_ms, std::string_view doing) {
  for (const Deadline deadline(timeout_ms); !deadline.passed();) {
    batch_.Clear();
    for (const rd_kafka_message_t* message : batch_.Take(queue_.get(), kSliceMs, 1)) {
      if (message->rkt == nullptr || message->partition != partition) {
        events_.health.Note(message->err, rd_kafka_message_errstr(message));
      } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (message->offset != offset) return std::nullopt;
        batch_.Keep(*message, event::Source::kTransactions);
        return event::Mark(batch_.Records().front());
      } else if (CodeOf(message->err) != Code::kRetry) {
        return std::nullopt;  // the partition ends before it, or begins after it
      }
    }
    WakeFetches(client_, topic, partition);
  }
  return tl::unexpected(
      events_.health.Explain(client_.brokers(), RD_KAFKA_RESP_ERR__TIMED_OUT, doing));
}

}  // namespace segmentd::kafka
