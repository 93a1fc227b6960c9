#include "kafka/metadata.h"

namespace segmentd::kafka {

Result<std::optional<int>> AskPartitions(const Handle& client, const Health& health,
                                         const std::string& topic, int timeout_ms) {
  const TopicPtr handle(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
  const rd_kafka_metadata_t* answer = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_metadata(client.get(), 0, handle.get(), &answer, timeout_ms);
  const MetadataPtr metadata(answer);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (metadata->topic_cnt != 1) return std::optional<int>();
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR) return std::optional<int>(found.partition_cnt);
    if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return std::optional<int>();
    error = found.err;
  }
  return tl::unexpected(
      health.Explain(client.brokers(), error, fmt::format("asking for topic \"{}\"", topic)));
}

Result<Watermarks> AskWatermarks(const Handle& client, const Health& health,
                                 const std::string& topic, std::int32_t partition, int timeout_ms) {
  Watermarks marks;
  const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
      client.get(), topic.c_str(), partition, &marks.low, &marks.end, timeout_ms);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return marks;
  return tl::unexpected(health.Explain(
      client.brokers(), error,
      fmt::format("asking for the offsets of partition {} of topic \"{}\"", partition, topic)));
}

void WakeFetches(const Handle& client, const std::string& topic, std::int32_t partition) {
  constexpr int kWaitMs = 10;
  Watermarks unused;
  static_cast<void>(rd_kafka_query_watermark_offsets(client.get(), topic.c_str(), partition,
                                                     &unused.low, &unused.end, kWaitMs));
}

}  // namespace segmentd::kafka
