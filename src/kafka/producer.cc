#include "segmentd/kafka/producer.h"

#include <utility>

#include "kafka/client_config.h"
#include "kafka/outbox.h"

namespace segmentd::kafka {
namespace {

constexpr int kFullQueueMs = 30'000;
// The broker's limit is what counts here: a record that a topic refuses is reported by Flush.
constexpr std::int64_t kRecordBytesMax = 8 << 20;

}  // namespace

struct Producer::Body {
  std::unique_ptr<Outbox> outbox;
  TopicPtr topic;  // goes before the client
};

Producer::Producer(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Producer::Producer(Producer&&) noexcept = default;
Producer& Producer::operator=(Producer&&) noexcept = default;
Producer::~Producer() = default;

Result<Producer> Producer::Open(const Connection& connection, const std::string& topic,
                                std::int64_t bytes_max) {
  Result<std::unique_ptr<Outbox>> outbox =
      Outbox::Open(connection, ProducerConfig(bytes_max, kRecordBytesMax));
  if (!outbox.ok()) return tl::unexpected(outbox.error());
  auto body = std::make_unique<Body>();
  body->outbox = std::move(*outbox);
  body->topic = body->outbox->Topic(topic);
  return Producer(std::move(body));
}

Status Producer::Send(const Record& record) {
  Outgoing out;
  out.key = record.key ? &*record.key : nullptr;
  out.value = record.value ? &*record.value : nullptr;
  if (record.partition) out.partition = record.partition->value();
  out.timestamp_ms = record.timestamp_ms.value_or(0);
  out.headers = record.headers;
  return body_->outbox->Send(body_->topic.get(), out, kFullQueueMs);
}

Status Producer::Flush(std::int64_t timeout_ms) {
  Outbox& outbox = *body_->outbox;
  if (Status flushed = outbox.Flush(static_cast<int>(timeout_ms)); !flushed.ok()) return flushed;
  if (outbox.failed() == 0) return Ok();
  const std::uint64_t failed = outbox.failed();
  const Error first = *outbox.first_failure();
  outbox.StartCount();
  return Fail(Code::kFatal, "{} records were not stored; the first: {}", failed, first.message);
}

}  // namespace segmentd::kafka
