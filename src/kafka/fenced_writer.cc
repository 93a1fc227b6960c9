#include "segmentd/kafka/fenced_writer.h"

#include <utility>

#include "kafka/client_config.h"
#include "kafka/errors.h"
#include "kafka/outbox.h"

namespace segmentd::kafka {
namespace {

constexpr std::int64_t kQueueBytes = 64 << 20;
constexpr std::int64_t kRecordBytesMax = 1 << 20;
constexpr int kClaimMs = 10'000;
constexpr int kTransactionMs = 30'000;

Status StatusOf(rd_kafka_error_t* raw, std::string_view doing) {
  const ErrorPtr error(raw);
  return error ? Status(tl::unexpected(TransactionError(*error, doing))) : Ok();
}

}  // namespace

struct FencedWriter::Body {
  Connection connection;
  std::string topic_name;
  Config config;
  std::unique_ptr<Outbox> outbox;
  TopicPtr topic;  // goes before the client

  Status Claim();
  Status WriteAll(std::span<const Record> records);
};

FencedWriter::FencedWriter(std::unique_ptr<Body> body) : body_(std::move(body)) {}
FencedWriter::FencedWriter(FencedWriter&&) noexcept = default;
FencedWriter& FencedWriter::operator=(FencedWriter&&) noexcept = default;
FencedWriter::~FencedWriter() = default;

Result<FencedWriter> FencedWriter::Open(const Connection& connection, const std::string& topic,
                                        const std::string& transactional_id) {
  SEGMENTD_RETURN_IF_ERROR(CheckSettings(connection.client));
  auto body = std::make_unique<Body>();
  body->connection = connection;
  body->topic_name = topic;
  body->config = ProducerConfig(kQueueBytes, kRecordBytesMax);
  body->config.owned["transactional.id"] = transactional_id;
  body->config.owned["transaction.timeout.ms"] = std::to_string(kTransactionMs);
  body->config.defaults["message.timeout.ms"] = std::to_string(kTransactionMs / 2);
  return FencedWriter(std::move(body));
}

Status FencedWriter::Claim() { return body_->Claim(); }

Status FencedWriter::Body::Claim() {
  topic.reset();
  outbox.reset();
  SEGMENTD_ASSIGN_OR_RETURN(auto opened, Outbox::Open(connection, config));
  SEGMENTD_RETURN_IF_ERROR(StatusOf(rd_kafka_init_transactions(opened->client(), kClaimMs),
                                    "claiming the transactional id"));
  outbox = std::move(opened);
  topic = outbox->Topic(topic_name);
  return Ok();
}

// A producer that failed is of no more use: what it left open is ended by whoever claims the id.
Status FencedWriter::Write(std::span<const Record> records) {
  if (body_->outbox == nullptr) return Fail(Code::kRetry, "the transactional id is not claimed");
  Status written = body_->WriteAll(records);
  if (!written.ok()) {
    // What is fatal to an idempotent producer is that another one has its id.
    const bool fatal =
        rd_kafka_fatal_error(body_->outbox->client(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (fatal) written = Fail(Code::kFenced, "{}", written.error().message);
    body_->topic.reset();
    body_->outbox.reset();
  }
  return written;
}

Status FencedWriter::Body::WriteAll(std::span<const Record> records) {
  const Deadline deadline(kTransactionMs);
  rd_kafka_t* client = outbox->client();
  outbox->StartCount();
  SEGMENTD_RETURN_IF_ERROR(StatusOf(rd_kafka_begin_transaction(client), "beginning a transaction"));
  for (const Record& record : records) {
    Outgoing out;
    out.key = &record.key;
    out.value = record.value ? &*record.value : nullptr;
    out.partition = 0;
    SEGMENTD_RETURN_IF_ERROR(outbox->Send(topic.get(), out, deadline.left_ms()));
  }
  SEGMENTD_RETURN_IF_ERROR(outbox->Flush(deadline.left_ms()));
  // A commit succeeds without the records that failed.
  if (outbox->failed() > 0) return tl::unexpected(*outbox->first_failure());
  return StatusOf(rd_kafka_commit_transaction(client, deadline.left_ms()),
                  "committing the transaction");
}

}  // namespace segmentd::kafka
