#include "kafka/source.h"

#include <algorithm>
#include <cstdlib>

#include "kafka/client_config.h"
#include "kafka/metadata.h"

namespace segmentd::kafka {
namespace {

constexpr int kAnswerMs = 5000;  // for one question to the broker; far below max.poll.interval.ms
constexpr int kSliceMs = 25;     // a wait ends this soon after a rebalance
constexpr int kCheckMs = 500;    // how often a known trouble is looked at again
constexpr int kCheckAnswerMs = 1000;  // and how long that may take
constexpr int kSilentMs = 10'000;     // for so long nothing may come before anybody asks

}  // namespace

Result<std::unique_ptr<Source>> Source::Open(const ShardOptions& options) {
  std::unique_ptr<Source> source(new Source(options));
  Result<Handle> consumer = Handle::Open(options.connection, GroupConsumerConfig(options), *source);
  if (!consumer.ok()) return tl::unexpected(consumer.error());
  source->consumer_ = std::move(*consumer);
  source->queue_.reset(rd_kafka_queue_get_consumer(source->consumer_.get()));
  return source;
}

Source::~Source() { batch_.Clear(); }

Status Source::Subscribe(ports::RebalanceListener& listener) {
  listener_ = &listener;
  const TopicListPtr topics(rd_kafka_topic_partition_list_new(event::kSources));
  for (const std::string& topic : topics_) {
    if (topic.empty()) continue;
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(consumer_.get(), topics.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected(ErrorOf(error, "joining the consumer group"));
  }
  return Ok();
}

Result<std::span<const event::RawRecord>> Source::Poll(std::int64_t max_wait_ms, int records_max) {
  batch_.Clear();
  seen_.fill(nullptr);
  rebalanced_ = false;
  const Status started = ApplyStarts();
  if (!started.ok() && started.error().code != Code::kRetry) return tl::unexpected(started.error());
  if (gap_) return tl::unexpected(*std::exchange(gap_, std::nullopt));

  // librdkafka waits until it has as many as asked for: so take what is there, else wait for one
  // and take what has come with it.
  Receive(0, records_max);
  // What could not be started is soon tried again, and stands in nothing else's way.
  const Deadline deadline(started.ok() ? max_wait_ms
                                       : std::min<std::int64_t>(max_wait_ms, kSliceMs));
  while (batch_.size() == 0 && !rebalanced_ && !gap_ && !deadline.passed()) {
    Receive(std::min(deadline.left_ms(), kSliceMs), 1);
    if (batch_.size() == 1 && records_max > 1) Receive(0, records_max - 1);
  }
  if (batch_.size() > 0) {
    heard_ns_ = SystemClock().MonotonicNs();
    return batch_.Records();
  }
  if (gap_) return tl::unexpected(*std::exchange(gap_, std::nullopt));
  if (!started.ok()) return tl::unexpected(started.error());
  if (Status fine = CheckTrouble(); !fine.ok()) return tl::unexpected(fine.error());
  return std::span<const event::RawRecord>();
}

void Source::Receive(int timeout_ms, int records_max) {
  const auto messages = batch_.Take(queue_.get(), timeout_ms, records_max);
  // A rebalance may have happened amid these. Its Revoke has stopped every partition, and none can
  // have been started since, so what follows drops all that came before it.
  for (const rd_kafka_message_t* message : messages) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Accept(*message, SourceOf(message->rkt));
    } else {
      AcceptError(*message);
    }
  }
}

void Source::Accept(const rd_kafka_message_t& message, event::Source source) {
  Slot& slot = SlotOf(source, message.partition);
  if (!slot.started || message.offset < slot.next) return;
  slot.next = message.offset + 1;
  slot.at_end = false;
  batch_.Keep(message, source);
}

void Source::AcceptError(const rd_kafka_message_t& message) {
  if (message.rkt == nullptr || message.partition < 0) {
    OnError(message.err, rd_kafka_message_errstr(&message));
    return;
  }
  const event::Source source = SourceOf(message.rkt);
  Slot& slot = SlotOf(source, message.partition);
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (slot.started) slot.next = std::max(slot.next, message.offset);
    slot.at_end = slot.started;
  } else if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
    if (!std::exchange(slot.started, false)) return;
    gap_ =
        Error{Code::kAbort,
              fmt::format("partition {} of topic \"{}\" cannot be read at offset {}: its records "
                          "were deleted before they were read, or the topic was made anew ({})",
                          message.partition, NameOf(source), slot.next,
                          rd_kafka_message_errstr(&message))};
  } else if (CodeOf(message.err) == Code::kRetry) {
    suspect_ = true;  // such as a subscribed topic that is missing, said of its partition 0
  } else {
    gap_ = ErrorOf(message.err, fmt::format("reading partition {} of topic \"{}\"",
                                            message.partition, NameOf(source)));
  }
}

void Source::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      suspect_ = true;
      return;
    default:
      health_.Note(error, reason);
  }
}

// librdkafka reports a trouble once and its end never, and of a broker that hangs nothing at all
// while a connection that nobody uses stays open: as long as nothing comes, ask.
Status Source::CheckTrouble() {
  if (health_.fatal()) return tl::unexpected(*health_.fatal());
  const std::int64_t now_ns = SystemClock().MonotonicNs();
  const bool silent = now_ns - heard_ns_ > kSilentMs * 1'000'000LL;
  if (!health_.brokers_down() && !suspect_ && !silent) return Ok();
  if (trouble_ && now_ns - checked_ns_ < kCheckMs * 1'000'000LL) {
    return tl::unexpected(*trouble_);
  }
  checked_ns_ = now_ns;
  for (const event::Source source : {event::Source::kTransactions, event::Source::kProfiles}) {
    if (NameOf(source).empty()) continue;
    const Result<int> count = CountPartitions(source, kCheckAnswerMs);
    if (count.ok()) continue;
    missed_ = missed_ || !health_.unreachable();
    trouble_ = count.error();
    return tl::unexpected(*trouble_);
  }
  heard_ns_ = SystemClock().MonotonicNs();
  trouble_.reset();
  health_.Clear();
  const bool gone = std::exchange(missed_, false) || suspect_;
  // Without this a topic that has appeared is noticed at the next refresh, minutes later.
  if (std::exchange(suspect_, false) && listener_ != nullptr) {
    SEGMENTD_RETURN_IF_ERROR(Subscribe(*listener_));
  }
  // librdkafka would go on at the old offsets without a word.
  if (!gone || !AnyStarted()) return Ok();
  return Fail(Code::kAbort, "an input topic was gone for a while: looking whether it is the same");
}

Result<std::vector<std::optional<Offset>>> Source::Committed(
    std::span<const ports::InputPartition> partitions) {
  const TopicListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const ports::InputPartition& input : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), NameOf(input.source).c_str(),
                                      input.partition.value());
  }
  // read_committed makes this the stable offset: it fails while one is pending in a transaction.
  const rd_kafka_resp_err_t error = rd_kafka_committed(consumer_.get(), list.get(), kAnswerMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected(
        health_.Explain(consumer_.brokers(), error,
                        "asking for the group's committed offsets (an offset may be "
                        "pending in another instance's transaction)"));
  }
  std::vector<std::optional<Offset>> offsets;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& answer = list->elems[i];
    if (answer.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return tl::unexpected(health_.Explain(
          consumer_.brokers(), answer.err,
          fmt::format("asking for the committed offset of partition {} of topic \"{}\"",
                      answer.partition, answer.topic)));
    }
    offsets.push_back(answer.offset >= 0 ? std::optional(Offset{answer.offset}) : std::nullopt);
  }
  return offsets;
}

Result<Source::Range> Source::QueryRange(const ports::InputPartition& partition) {
  const Result<Watermarks> marks =
      peek_.Range(NameOf(partition.source), partition.partition.value(), kAnswerMs);
  if (!marks.ok()) return tl::unexpected(marks.error());
  return Range{Offset{marks->low}, Offset{marks->end}};
}

Source::Range Source::CachedRange(const ports::InputPartition& partition) {
  std::int64_t low = -1;
  std::int64_t end = -1;
  rd_kafka_get_watermark_offsets(consumer_.get(), NameOf(partition.source).c_str(),
                                 partition.partition.value(), &low, &end);
  return {Offset{std::max<std::int64_t>(low, 0)}, Offset{std::max<std::int64_t>(end, -1)}};
}

// The question goes to the last stable offset, as this member reads; what open transactions hold
// shows in the high watermark, which every fetch brings, the empty ones too. The answer proves that
// the broker is there to send them.
Result<bool> Source::Drained(const ports::InputPartition& partition, Offset next) {
  if (CachedRange(partition).end > next) return false;
  const Result<Watermarks> marks = AskWatermarks(consumer_, health_, NameOf(partition.source),
                                                 partition.partition.value(), kCheckAnswerMs);
  if (!marks.ok()) return tl::unexpected(marks.error());
  return marks->end <= next.value() && CachedRange(partition).end <= next;
}

std::optional<Offset> Source::Position(const ports::InputPartition& partition) {
  const Slot& slot = SlotOf(partition.source, partition.partition.value());
  return slot.started ? std::optional(Offset{slot.next}) : std::nullopt;
}

bool Source::HeldBack(const ports::InputPartition& partition) {
  const Slot& slot = SlotOf(partition.source, partition.partition.value());
  return slot.at_end && CachedRange(partition).end.value() > slot.next;
}

Result<Source::Counts> Source::PartitionCounts() {
  Counts counts;
  for (const event::Source source : {event::Source::kTransactions, event::Source::kProfiles}) {
    if (NameOf(source).empty()) continue;
    const Result<int> count = CountPartitions(source, kAnswerMs);
    if (!count.ok()) return tl::unexpected(count.error());
    (source == event::Source::kTransactions ? counts.transactions : counts.profiles) = *count;
  }
  const std::unique_ptr<char, FreeWith<std::free>> cluster(
      rd_kafka_clusterid(consumer_.get(), kAnswerMs));
  if (cluster) counts.cluster = cluster.get();
  return counts;
}

Result<std::optional<std::uint64_t>> Source::MarkAt(const ports::InputPartition& partition,
                                                    Offset offset) {
  return peek_.MarkAt(NameOf(partition.source), partition.partition.value(), offset.value(),
                      kAnswerMs);
}

bool Source::AnyStarted() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const std::vector<Slot>& slots) {
    return std::any_of(slots.begin(), slots.end(), [](const Slot& slot) { return slot.started; });
  });
}

Result<int> Source::CountPartitions(event::Source source, int timeout_ms) {
  const std::string& name = NameOf(source);
  const Result<std::optional<int>> count = AskPartitions(consumer_, health_, name, timeout_ms);
  if (!count.ok()) return tl::unexpected(count.error());
  if (!*count) return tl::unexpected(MissingTopic(consumer_.brokers(), name));
  return **count;
}

void Source::Close() {
  if (std::exchange(closed_, true)) return;
  batch_.Clear();
  rd_kafka_consumer_close(consumer_.get());
}

}  // namespace segmentd::kafka
