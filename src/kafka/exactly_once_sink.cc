#include "kafka/exactly_once_sink.h"

#include <algorithm>
#include <thread>

namespace segmentd::kafka {
namespace {

// The first use of a broker's transactions takes a second, an open transaction of the same id
// another.
constexpr int kInitMs = 10'000;
constexpr int kInitSliceMs = 2000;
constexpr int kSettleMs = 5000;
constexpr int kAbortMs = 10'000;
constexpr int kBetweenAttemptsMs = 20;
// A coordinator writes a transaction's markers when it has answered, and puts off by 20 ms whoever
// comes with the next one meanwhile.
constexpr std::chrono::milliseconds kMarkersTime{3};

Status StatusOf(rd_kafka_error_t* raw, std::string_view doing) {
  const ErrorPtr error(raw);
  return error ? Status(tl::unexpected(TransactionError(*error, doing))) : Ok();
}

bool IsRetry(const Status& status) { return !status.ok() && status.error().code == Code::kRetry; }

}  // namespace

Status ExactlyOnceSink::Reset() {
  open_ = indefinite_ = false;
  if (Status opened = writer_.Reopen(); !opened.ok()) return opened;
  Outbox& outbox = *writer_.outbox();
  Status ready = Ok();
  for (const Deadline deadline(kInitMs); !deadline.passed();) {
    ready = StatusOf(rd_kafka_init_transactions(outbox.client(),
                                                std::clamp(deadline.left_ms(), 1, kInitSliceMs)),
                     "making the producer's transactional id ours");
    rd_kafka_poll(outbox.client(), 0);
    // No use in waiting longer for brokers of which it is known that none answers.
    if (!IsRetry(ready) || outbox.health().unreachable()) break;
  }
  if (ready.ok()) return ready;
  Error error = ready.error();
  if (outbox.health().fatal()) {
    error = *outbox.health().fatal();
  } else if (error.code == Code::kRetry && outbox.health().unreachable()) {
    error = outbox.health().Down(outbox.brokers());
  }
  writer_.Drop();
  return tl::unexpected(error);
}

Status ExactlyOnceSink::Begin() {
  if (writer_.outbox() == nullptr) {
    return Fail(Code::kFenced, "there is no producer: it was given up and not replaced");
  }
  if (indefinite_) {
    if (Status reset = Reset(); !reset.ok()) return reset;
  }
  std::this_thread::sleep_until(ended_ + kMarkersTime);
  writer_.outbox()->StartCount();
  Status begun =
      StatusOf(rd_kafka_begin_transaction(writer_.outbox()->client()), "beginning a transaction");
  open_ = begun.ok();
  return begun;
}

Result<ports::CommitReceipt> ExactlyOnceSink::Commit(
    std::span<const ports::InputPosition> positions) {
  if (!open_) return Fail(Code::kFenced, "there is no open transaction to commit");
  const Deadline deadline(writer_.options().transaction_timeout_ms);
  if (Status stored = Flush(deadline); !stored.ok()) {
    return tl::unexpected(GiveUp(stored.error()));
  }
  if (Status sent = SendOffsets(positions, deadline); !sent.ok()) {
    return tl::unexpected(GiveUp(sent.error()));
  }
  if (Status ended = EndTransaction(); !ended.ok()) return tl::unexpected(GiveUp(ended.error()));
  open_ = false;
  ended_ = std::chrono::steady_clock::now();
  return writer_.Receipt();
}

// Every single record is checked here: a commit succeeds without those that failed before it.
Status ExactlyOnceSink::Flush(const Deadline& deadline) {
  Outbox& outbox = *writer_.outbox();
  Status flushed = outbox.Flush(std::max(deadline.left_ms(), 1));
  if (IsRetry(flushed)) flushed = tl::unexpected(Error{Code::kAbort, flushed.error().message});
  if (!flushed.ok()) return flushed;
  Status delivered = writer_.Delivered();
  // The producer's sequence numbers do not survive a refused batch.
  if (!delivered.ok()) indefinite_ = true;
  return delivered;
}

Status ExactlyOnceSink::SendOffsets(std::span<const ports::InputPosition> positions,
                                    const Deadline& deadline) {
  if (positions.empty()) {
    // Without offsets no broker checks whether the partitions are still ours.
    if (writer_.outbox()->sent() == 0) return Ok();
    return Fail(Code::kFatal, "a transaction with records but no input positions is not fenced");
  }
  const TopicListPtr offsets = source_.OffsetList(positions);
  rd_kafka_t* client = writer_.outbox()->client();
  while (true) {
    const Result<GroupMetadataPtr> member = source_.Membership();
    if (!member.ok()) return tl::unexpected(member.error());
    Status sent =
        StatusOf(rd_kafka_send_offsets_to_transaction(client, offsets.get(), member->get(),
                                                      std::max(deadline.left_ms(), 1)),
                 "adding the group's offsets to the transaction");
    if (!IsRetry(sent)) return sent;
    // A commit now would succeed without the offsets: only the same call again helps, or an abort.
    indefinite_ = true;
    if (deadline.passed()) return Fail(Code::kAbort, "{}", sent.error().message);
    rd_kafka_poll(client, kBetweenAttemptsMs);
  }
}

Status ExactlyOnceSink::EndTransaction() {
  rd_kafka_t* client = writer_.outbox()->client();
  const std::int64_t limit_ms = writer_.options().transaction_timeout_ms;
  const Deadline deadline(limit_ms);
  while (true) {
    Status ended = StatusOf(rd_kafka_commit_transaction(client, std::max(deadline.left_ms(), 1)),
                            "committing the transaction");
    // librdkafka repeats an unanswered request by itself, after socket.timeout.ms: a third of the
    // limit.
    if (deadline.left_ms() < limit_ms - limit_ms / 3) indefinite_ = true;
    if (!IsRetry(ended)) return ended;
    indefinite_ = true;
    if (deadline.passed()) {
      return Fail(Code::kFenced, "{}: how it ended is not known, the committed offsets will tell",
                  ended.error().message);
    }
    rd_kafka_poll(client, kBetweenAttemptsMs);
  }
}

Status ExactlyOnceSink::Abort() {
  if (!open_) return Ok();
  Outbox& outbox = *writer_.outbox();
  // An abort amid records on their way can end in a fatal error, in every librdkafka until now.
  outbox.Settle(kSettleMs);
  Status aborted = Ok();
  for (const Deadline deadline(kAbortMs);;) {
    aborted = StatusOf(rd_kafka_abort_transaction(outbox.client(), std::max(deadline.left_ms(), 1)),
                       "aborting the transaction");
    if (!IsRetry(aborted) || deadline.passed()) break;
    rd_kafka_poll(outbox.client(), kBetweenAttemptsMs);
  }
  open_ = false;
  if (aborted.ok()) return aborted;
  // The broker aborts by itself what a new producer of the same id finds open.
  writer_.Drop();
  return Fail(aborted.error().code == Code::kConfig ? Code::kConfig : Code::kFenced, "{}",
              aborted.error().message);
}

// What cannot be aborted needs a new producer; the old one goes at once, so that nothing is sent by
// it.
Error ExactlyOnceSink::GiveUp(Error error) {
  const bool fatal =
      writer_.outbox() != nullptr &&
      rd_kafka_fatal_error(writer_.outbox()->client(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
  if (fatal && error.code != Code::kConfig) error.code = Code::kFenced;
  if (error.code != Code::kAbort) {
    open_ = false;
    writer_.Drop();
  }
  return error;
}

}  // namespace segmentd::kafka
