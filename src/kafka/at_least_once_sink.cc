#include "kafka/at_least_once_sink.h"

#include <algorithm>

namespace segmentd::kafka {
namespace {

constexpr int kSettleMs = 5000;
constexpr int kBetweenAttemptsMs = 50;

}  // namespace

Status AtLeastOnceSink::Begin() {
  if (writer_.outbox() == nullptr) {
    return Fail(Code::kFenced, "there is no producer: it was given up and not replaced");
  }
  writer_.outbox()->StartCount();
  return Ok();
}

Result<ports::CommitReceipt> AtLeastOnceSink::Commit(
    std::span<const ports::InputPosition> positions) {
  if (writer_.outbox() == nullptr) {
    return Fail(Code::kFenced, "there is no producer: it was given up and not replaced");
  }
  Status stored = Store(positions);
  if (stored.ok()) return writer_.Receipt();
  Error error = stored.error();
  if (error.code == Code::kRetry) error.code = Code::kAbort;
  if (rd_kafka_fatal_error(writer_.outbox()->client(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    error.code = Code::kFenced;
    writer_.Drop();
  }
  return tl::unexpected(error);
}

Status AtLeastOnceSink::Store(std::span<const ports::InputPosition> positions) {
  Outbox& outbox = *writer_.outbox();
  const Deadline deadline(writer_.options().transaction_timeout_ms);
  if (Status flushed = outbox.Flush(std::max(deadline.left_ms(), 1)); !flushed.ok()) return flushed;
  if (Status delivered = writer_.Delivered(); !delivered.ok()) return delivered;
  if (positions.empty()) return Ok();
  Status committed = source_.CommitOffsets(positions);
  while (!committed.ok() && committed.error().code == Code::kRetry && !deadline.passed()) {
    rd_kafka_poll(outbox.client(), kBetweenAttemptsMs);
    committed = source_.CommitOffsets(positions);
  }
  return committed;
}

Status AtLeastOnceSink::Abort() {
  if (writer_.outbox() == nullptr) return Ok();
  // What is stored stays stored and will come again; only what is still here can be forgotten.
  if (writer_.outbox()->Flush(kSettleMs).ok()) return Ok();
  return writer_.Reopen();
}

}  // namespace segmentd::kafka
