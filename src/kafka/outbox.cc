#include "kafka/outbox.h"

#include <algorithm>

namespace segmentd::kafka {
namespace {

constexpr int kFullQueueMs = 50;  // between attempts while the queue is full

// librdkafka takes its input through non-const pointers; with F_COPY it only reads.
void* Data(const std::string_view* bytes) {
  return bytes == nullptr ? nullptr : const_cast<char*>(bytes->data());
}
std::size_t Size(const std::string_view* bytes) { return bytes == nullptr ? 0 : bytes->size(); }

}  // namespace

Result<std::unique_ptr<Outbox>> Outbox::Open(const Connection& connection, const Config& config) {
  std::unique_ptr<Outbox> outbox(new Outbox);
  Result<Handle> producer = Handle::Open(connection, config, *outbox);
  if (!producer.ok()) return tl::unexpected(producer.error());
  outbox->producer_ = std::move(*producer);
  return outbox;
}

TopicPtr Outbox::Topic(const std::string& name) {
  return TopicPtr(rd_kafka_topic_new(client(), name.c_str(), nullptr));
}

Status Outbox::Send(rd_kafka_topic_t* topic, const Outgoing& record, int wait_ms) {
  rd_kafka_resp_err_t error = Produce(topic, record);
  for (const Deadline deadline(wait_ms);
       error == RD_KAFKA_RESP_ERR__QUEUE_FULL && !deadline.passed();) {
    rd_kafka_poll(client(), kFullQueueMs);
    error = Produce(topic, record);
  }
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      // Delivery reports are served now and then, so that they do not pile up until the commit.
      if ((++sent_ & 1023U) == 0) rd_kafka_poll(client(), 0);
      return Ok();
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return Fail(Code::kBadRecord, "a record of {} bytes for topic \"{}\" is too large",
                  Size(record.value) + Size(record.key), rd_kafka_topic_name(topic));
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return Fail(
          Code::kConfig,
          "topic \"{}\" has no partition {}: it needs as many partitions as the input topic",
          rd_kafka_topic_name(topic), record.partition);
    default:
      return tl::unexpected(health_.Explain(
          brokers(), error, fmt::format("writing to topic \"{}\"", rd_kafka_topic_name(topic))));
  }
}

rd_kafka_resp_err_t Outbox::Produce(rd_kafka_topic_t* topic, const Outgoing& record) {
  void* const opaque = record.tracked ? this : nullptr;
  if (record.headers.empty() && record.timestamp_ms == 0) {
    const int failed =
        rd_kafka_produce(topic, record.partition, RD_KAFKA_MSG_F_COPY, Data(record.value),
                         Size(record.value), Data(record.key), Size(record.key), opaque);
    return failed == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
  }
  arguments_.clear();
  const auto add = [this](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    arguments_.push_back({});
    arguments_.back().vtype = type;
    return arguments_.back();
  };
  add(RD_KAFKA_VTYPE_RKT).u.rkt = topic;
  add(RD_KAFKA_VTYPE_PARTITION).u.i32 = record.partition;
  add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
  add(RD_KAFKA_VTYPE_OPAQUE).u.ptr = opaque;
  add(RD_KAFKA_VTYPE_KEY).u.mem = {Data(record.key), Size(record.key)};
  add(RD_KAFKA_VTYPE_VALUE).u.mem = {Data(record.value), Size(record.value)};
  if (record.timestamp_ms != 0) add(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = record.timestamp_ms;
  header_names_.resize(std::max(header_names_.size(), record.headers.size()));
  for (std::size_t i = 0; i < record.headers.size(); ++i) {
    header_names_[i] = record.headers[i].name;
    const std::string_view value = record.headers[i].value;
    add(RD_KAFKA_VTYPE_HEADER).u.header = {header_names_[i].c_str(), value.data(),
                                           static_cast<ssize_t>(value.size())};
  }
  const ErrorPtr error(rd_kafka_produceva(client(), arguments_.data(), arguments_.size()));
  return error ? rd_kafka_error_code(error.get()) : RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Outbox::OnDelivery(const rd_kafka_message_t& message) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (++failed_ == 1) {
      failure_ = health_.Explain(brokers(), message.err,
                                 fmt::format("a record for partition {} of topic \"{}\" was not "
                                             "stored",
                                             message.partition, rd_kafka_topic_name(message.rkt)));
      if (failure_->code == Code::kRetry) failure_->message += " (does the topic exist?)";
    }
    return;
  }
  // A report after a retry that the broker recognised has no offset.
  if (message._private == nullptr || message.offset < 0) return;
  const auto partition = static_cast<std::size_t>(message.partition);
  if (partition >= tracked_next_.size()) tracked_next_.resize(partition + 1, -1);
  tracked_next_[partition] = std::max(tracked_next_[partition], message.offset + 1);
}

Status Outbox::Flush(int timeout_ms) {
  const rd_kafka_resp_err_t error = rd_kafka_flush(client(), timeout_ms);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
  return tl::unexpected(health_.Explain(
      brokers(), error, fmt::format("{} records wait to be stored", rd_kafka_outq_len(client()))));
}

void Outbox::Settle(int timeout_ms) {
  if (rd_kafka_flush(client(), timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  rd_kafka_purge(client(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client(), timeout_ms);
}

void Outbox::StartCount() {
  sent_ = failed_ = 0;
  failure_.reset();
  std::fill(tracked_next_.begin(), tracked_next_.end(), -1);
}

}  // namespace segmentd::kafka
