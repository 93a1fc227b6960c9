#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/handle.h"
#include "kafka/health.h"
#include "segmentd/event/raw_record.h"

namespace segmentd::kafka {

struct Outgoing {
  const std::string_view* key = nullptr;    // null: none
  const std::string_view* value = nullptr;  // null: a tombstone
  std::int32_t partition = RD_KAFKA_PARTITION_UA;
  std::int64_t timestamp_ms = 0;  // 0: now
  std::span<const event::Header> headers;
  bool tracked = false;  // its offset is wanted
};

// A producer client, what has become of the records given to it, and nothing about transactions.
class Outbox final : private Events {
 public:
  static Result<std::unique_ptr<Outbox>> Open(const Connection& connection, const Config& config);

  rd_kafka_t* client() const { return producer_.get(); }
  const std::string& brokers() const { return producer_.brokers(); }
  const Health& health() const { return health_; }
  TopicPtr Topic(const std::string& name);

  // Copies the record, waiting up to wait_ms while the queue is full: kRetry then, and for
  // kBadRecord (too large) and kConfig (no such partition) too it was not taken.
  Status Send(rd_kafka_topic_t* topic, const Outgoing& record, int wait_ms);
  // Waits until every record is delivered or has failed. kRetry: not within timeout_ms.
  Status Flush(int timeout_ms);
  // Flushes, then drops what is left: afterwards nothing is on its way.
  void Settle(int timeout_ms);

  // Since the last StartCount.
  void StartCount();
  std::uint64_t sent() const { return sent_; }
  std::uint64_t failed() const { return failed_; }
  const std::optional<Error>& first_failure() const { return failure_; }
  // One past the highest offset reported for a tracked record, by partition; -1: none.
  std::span<const std::int64_t> tracked_next() const { return tracked_next_; }

 private:
  Outbox() = default;
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override {
    health_.Note(error, reason);
  }
  void OnDelivery(const rd_kafka_message_t& message) override;
  rd_kafka_resp_err_t Produce(rd_kafka_topic_t* topic, const Outgoing& record);

  Health health_;
  std::uint64_t sent_ = 0;
  std::uint64_t failed_ = 0;
  std::optional<Error> failure_;
  std::vector<std::int64_t> tracked_next_;
  std::vector<rd_kafka_vu_t> arguments_;
  std::vector<std::string> header_names_;  // librdkafka wants them to end in zero
  Handle producer_;
};

}  // namespace segmentd::kafka
