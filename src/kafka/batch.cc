#include "kafka/batch.h"

#include <string_view>

namespace segmentd::kafka {

void Batch::Clear() {
  for (std::size_t i = 0; i < taken_; ++i) rd_kafka_message_destroy(messages_[i]);
  taken_ = 0;
  records_.clear();
  headers_.clear();
  header_ranges_.clear();
}

std::span<rd_kafka_message_t* const> Batch::Take(rd_kafka_queue_t* queue, int timeout_ms,
                                                 int count_max) {
  const auto room = static_cast<std::size_t>(count_max);
  if (messages_.size() < taken_ + room) messages_.resize(taken_ + room);
  const std::size_t begin = taken_;
  const ssize_t taken =
      rd_kafka_consume_batch_queue(queue, timeout_ms, messages_.data() + begin, room);
  if (taken > 0) taken_ += static_cast<std::size_t>(taken);
  return {messages_.data() + begin, taken_ - begin};
}

void Batch::Keep(const rd_kafka_message_t& message, event::Source source) {
  event::RawRecord& record = records_.emplace_back();
  record.source = source;
  record.partition = Partition{message.partition};
  record.offset = Offset{message.offset};
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  record.append_time = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
  if (message.key != nullptr) {
    record.key.emplace(static_cast<const char*>(message.key), message.key_len);
  }
  if (message.payload != nullptr) {
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  }
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const std::size_t begin = headers_.size();
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    headers_.push_back({name, {static_cast<const char*>(value), size}});
  }
  header_ranges_.push_back({records_.size() - 1, begin, headers_.size()});
}

std::span<const event::RawRecord> Batch::Records() {
  // Only now do the headers stay where they are.
  for (const HeaderRange& range : header_ranges_) {
    records_[range.record].headers = {headers_.data() + range.begin, range.end - range.begin};
  }
  return records_;
}

}  // namespace segmentd::kafka
