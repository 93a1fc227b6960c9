#include "kafka/changelog_reader.h"

#include <algorithm>

#include "kafka/client_config.h"
#include "kafka/metadata.h"

namespace segmentd::kafka {
namespace {

constexpr int kAnswerMs = 5000;
constexpr int kBatchWaitMs = 10;
constexpr int kBatchRecords = 5000;

Config ReaderConfig(const ShardOptions& options, bool read_committed) {
  Config config = PlainConsumerConfig(options.fetch_bytes_max, read_committed);
  // Never joined, but librdkafka assigns nothing to a client without a group.
  if (read_committed) config.owned["group.id"] = options.app;
  // A partition's end shows when a fetch comes back empty, which the broker may put off for so
  // long.
  config.owned["fetch.wait.max.ms"] = "10";
  return config;
}

}  // namespace

Result<std::unique_ptr<ChangelogReader>> ChangelogReader::Open(const ShardOptions& options) {
  std::unique_ptr<ChangelogReader> reader(new ChangelogReader);
  reader->topic_ = options.outputs[static_cast<std::size_t>(pipeline::Topic::kChangelog)];
  reader->stall_ms_ = options.replay_stall_ms;
  Result<Handle> replayer =
      Handle::Open(options.connection, ReaderConfig(options, true), reader->replay_events_);
  if (!replayer.ok()) return tl::unexpected(replayer.error());
  reader->replayer_ = std::move(*replayer);
  Result<Handle> querier =
      Handle::Open(options.connection, ReaderConfig(options, false), reader->query_events_);
  if (!querier.ok()) return tl::unexpected(querier.error());
  reader->querier_ = std::move(*querier);
  reader->queue_.reset(rd_kafka_queue_get_consumer(reader->replayer_.get()));
  return reader;
}

Result<ChangelogReader::Range> ChangelogReader::QueryRange(Partition partition) {
  rd_kafka_poll(querier_.get(), 0);
  const Result<Watermarks> marks =
      AskWatermarks(querier_, query_events_.health, topic_, partition.value(), kAnswerMs);
  if (!marks.ok()) return tl::unexpected(marks.error());
  query_events_.health.Clear();
  return Range{Offset{marks->low}, Offset{marks->end}};
}

Result<Offset> ChangelogReader::Replay(Partition partition, Offset from, Offset end,
                                       const Visitor& visit) {
  if (from >= end) return from;
  if (place_.partition != partition.value() || place_.next != from.value()) {
    SEGMENTD_RETURN_IF_ERROR(GoTo(partition, from));
  }
  const Status drained = Drain(end.value(), visit);
  const Offset reached{place_.next};
  if (drained.ok()) return reached;
  Release();
  return tl::unexpected(drained.error());
}

void ChangelogReader::Release() {
  taken_ = {};
  batch_.Clear();
  if (place_.partition >= 0) rd_kafka_assign(replayer_.get(), nullptr);
  place_ = {};
}

Status ChangelogReader::GoTo(Partition partition, Offset from) {
  Release();
  const TopicListPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition.value())->offset =
      from.value();
  const rd_kafka_resp_err_t error = rd_kafka_assign(replayer_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected(ErrorOf(error, "starting to replay the changelog"));
  }
  place_ = {.partition = partition.value(), .next = from.value()};
  return Ok();
}

Status ChangelogReader::Drain(std::int64_t end, const Visitor& visit) {
  std::int64_t seen = place_.next;
  for (Deadline stall(stall_ms_); place_.next < end;) {
    if (taken_.empty()) {
      batch_.Clear();
      taken_ = batch_.Take(queue_.get(), kBatchWaitMs, kBatchRecords);
      if (taken_.empty() && !place_.held_back) WakeFetches(replayer_, topic_, place_.partition);
    }
    while (!taken_.empty() && place_.next < end) {
      const rd_kafka_message_t& message = *taken_.front();
      // What stands past the end is not shown yet, but proves that the end was reached.
      if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR && message.offset >= end) {
        place_.next = end;
        break;
      }
      taken_ = taken_.subspan(1);
      SEGMENTD_RETURN_IF_ERROR(Receive(message, visit));
    }
    if (replay_events_.health.fatal()) return tl::unexpected(*replay_events_.health.fatal());
    if (place_.next > seen) {
      seen = place_.next;
      stall = Deadline(stall_ms_);
      replay_events_.health.Clear();
    } else if (stall.passed()) {
      return tl::unexpected(Stalled(end));
    }
  }
  return Ok();
}

Status ChangelogReader::Receive(const rd_kafka_message_t& message, const Visitor& visit) {
  if (message.rkt != nullptr && message.partition != place_.partition) return Ok();
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: {
      if (message.offset < place_.next) return Ok();
      place_.held_back = false;
      const std::string_view key(static_cast<const char*>(message.key), message.key_len);
      const std::string_view value(static_cast<const char*>(message.payload), message.len);
      Status visited =
          visit(Offset{message.offset}, key, message.payload == nullptr ? nullptr : &value);
      place_.next = message.offset + 1;
      return visited;
    }
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      place_.next = std::max(place_.next, message.offset);
      place_.held_back = true;
      return Ok();
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return Fail(Code::kCorruption,
                  "partition {} of changelog \"{}\" has no offset {} any more: it was truncated or "
                  "made anew since the local state was written",
                  place_.partition, topic_, place_.next);
    default:
      replay_events_.health.Note(message.err, rd_kafka_message_errstr(&message));
      if (CodeOf(message.err) == Code::kRetry) return Ok();
      return tl::unexpected(ErrorOf(
          message.err,
          fmt::format("replaying partition {} of changelog \"{}\"", place_.partition, topic_)));
  }
}

Error ChangelogReader::Stalled(std::int64_t end) const {
  if (place_.held_back) {
    return {
        Code::kRetry,
        fmt::format("partition {} of changelog \"{}\": an open transaction holds back offsets {} "
                    "to {}; waiting until its owner returns or its time runs out",
                    place_.partition, topic_, place_.next, end)};
  }
  return replay_events_.health.Explain(
      replayer_.brokers(), RD_KAFKA_RESP_ERR__TIMED_OUT,
      fmt::format("partition {} of changelog \"{}\" stands at offset {} of {}", place_.partition,
                  topic_, place_.next, end));
}

}  // namespace segmentd::kafka
