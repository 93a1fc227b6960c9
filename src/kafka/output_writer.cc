#include "kafka/output_writer.h"

#include "kafka/client_config.h"

namespace segmentd::kafka {
namespace {

// Around a record alone in its batch: the batch's head and the record's own lengths, rounded up.
constexpr std::size_t kRecordOverhead = 128;
constexpr std::size_t kHeaderOverhead = 10;

std::size_t SizeOf(const Outgoing& record) {
  std::size_t size = kRecordOverhead;
  if (record.key != nullptr) size += record.key->size();
  if (record.value != nullptr) size += record.value->size();
  for (const event::Header& header : record.headers) {
    size += kHeaderOverhead + header.name.size() + header.value.size();
  }
  return size;
}

}  // namespace

Status OutputWriter::Reopen() {
  Drop();
  Result<std::unique_ptr<Outbox>> outbox =
      Outbox::Open(options_.connection, SinkProducerConfig(options_));
  if (!outbox.ok()) return tl::unexpected(outbox.error());
  outbox_ = std::move(*outbox);
  for (std::size_t i = 0; i < topics_.size(); ++i) {
    if (!options_.outputs[i].empty()) topics_[i] = outbox_->Topic(options_.outputs[i]);
  }
  return Ok();
}

void OutputWriter::Drop() {
  for (TopicPtr& topic : topics_) topic.reset();
  outbox_.reset();
}

Status OutputWriter::Send(const pipeline::OutRecord& record) {
  headers_.clear();
  for (const pipeline::OutHeader header : record.headers) headers_.push_back(header);
  const std::string_view key = record.key ? std::string_view(*record.key) : std::string_view();
  const std::string_view value =
      record.value ? std::string_view(*record.value) : std::string_view();
  Outgoing out;
  out.key = record.key ? &key : nullptr;
  out.value = record.value ? &value : nullptr;
  out.partition = record.partition.value();
  out.headers = headers_;
  out.timestamp_ms = record.timestamp_ms;
  return Write(record.topic, out);
}

Status OutputWriter::SendImage(Partition partition, std::string_view key,
                               const std::string_view* value) {
  Outgoing out;
  out.key = &key;
  out.value = value;
  out.partition = partition.value();
  return Write(pipeline::Topic::kChangelog, out);
}

Status OutputWriter::Write(pipeline::Topic topic, Outgoing& record) {
  const auto index = static_cast<std::size_t>(topic);
  if (!outbox_)
    return Fail(Code::kFenced, "there is no producer: it was given up and not replaced");
  if (!topics_[index]) return Fail(Code::kFatal, "no name was given for output topic {}", index);
  // One record above its topic's limit would fail the batch it is in, and with it the transaction.
  // Copies of input records are as large as those may be.
  const bool copy = topic == pipeline::Topic::kDlq || topic == pipeline::Topic::kRekeyed;
  const std::int64_t limit = copy ? options_.dlq_record_bytes_max : options_.record_bytes_max;
  const std::size_t size = SizeOf(record);
  if (size > static_cast<std::size_t>(limit)) {
    return Fail(Code::kBadRecord, "a record of {} bytes for topic \"{}\" is above the limit of {}",
                size, options_.outputs[index], limit);
  }
  record.tracked = topic == pipeline::Topic::kChangelog;
  Status sent = outbox_->Send(topics_[index].get(), record,
                              static_cast<int>(options_.transaction_timeout_ms));
  if (!sent.ok() && sent.error().code == Code::kRetry) {
    return tl::unexpected(Error{Code::kAbort, sent.error().message});
  }
  return sent;
}

Status OutputWriter::Delivered() {
  if (outbox_->failed() == 0) return Ok();
  const Error& first = *outbox_->first_failure();
  // No record that is sent is larger than every topic of ours must take: trying again is no use.
  if (first.code == Code::kBadRecord) {
    return Fail(Code::kConfig, "{}: raise the topic's max.message.bytes to {} or more",
                first.message, kMessageBytesMin);
  }
  const bool as_is = first.code == Code::kFenced || first.code == Code::kConfig;
  return Fail(as_is ? first.code : Code::kAbort, "{} of {} records were not stored; the first: {}",
              outbox_->failed(), outbox_->sent(), first.message);
}

ports::CommitReceipt OutputWriter::Receipt() {
  ports::CommitReceipt receipt;
  const auto next = outbox_->tracked_next();
  for (std::size_t p = 0; p < next.size(); ++p) {
    if (next[p] < 0) continue;
    receipt.changelog_next[Partition{static_cast<std::int32_t>(p)}] = Offset{next[p]};
  }
  return receipt;
}

}  // namespace segmentd::kafka
