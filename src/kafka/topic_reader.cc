#include "segmentd/kafka/topic_reader.h"

#include <algorithm>
#include <utility>

#include "kafka/batch.h"
#include "kafka/client_config.h"
#include "kafka/metadata.h"

namespace segmentd::kafka {
namespace {

constexpr int kAnswerMs = 10'000;

}  // namespace

struct TopicReader::Body {
  struct Place {
    std::int64_t first = 0;
    std::int64_t next = 0;
    std::int64_t end = 0;  // when Open looked
  };

  Status Assign(const TopicReader::Options& options);
  void Receive(int timeout_ms, int records_max);
  Status Trouble();

  std::string topic;
  HealthEvents events;
  Handle consumer;
  QueuePtr queue;
  Batch batch;
  std::vector<Place> places;  // by partition
  std::optional<Error> trouble;
};

TopicReader::TopicReader(std::unique_ptr<Body> body) : body_(std::move(body)) {}
TopicReader::TopicReader(TopicReader&&) noexcept = default;
TopicReader& TopicReader::operator=(TopicReader&&) noexcept = default;
TopicReader::~TopicReader() = default;

Result<TopicReader> TopicReader::Open(const Connection& connection, const std::string& topic,
                                      const Options& options) {
  auto body = std::make_unique<Body>();
  Config config = PlainConsumerConfig(options.fetch_bytes_max, options.read_committed);
  // Never joined, but librdkafka assigns nothing to a client without a group.
  config.owned["group.id"] = "segmentd-reader";
  Result<Handle> consumer = Handle::Open(connection, config, body->events);
  if (!consumer.ok()) return tl::unexpected(consumer.error());
  body->topic = topic;
  body->consumer = std::move(*consumer);
  body->queue.reset(rd_kafka_queue_get_consumer(body->consumer.get()));
  if (Status assigned = body->Assign(options); !assigned.ok()) {
    return tl::unexpected(assigned.error());
  }
  return TopicReader(std::move(body));
}

Status TopicReader::Body::Assign(const TopicReader::Options& options) {
  const Result<std::optional<int>> count = AskPartitions(consumer, events.health, topic, kAnswerMs);
  batch.Take(queue.get(), 0, 1);  // hears what there is to say about the brokers
  if (!count.ok()) {
    const bool away = count.error().code == Code::kRetry && events.health.brokers_down();
    return tl::unexpected(away ? events.health.Down(consumer.brokers()) : count.error());
  }
  if (!*count) {
    return Fail(Code::kNotFound, "topic \"{}\" does not exist on Kafka at {}", topic,
                consumer.brokers());
  }
  const TopicListPtr list(rd_kafka_topic_partition_list_new(**count));
  for (int p = 0; p < **count; ++p) {
    const Result<Watermarks> marks = AskWatermarks(consumer, events.health, topic, p, kAnswerMs);
    if (!marks.ok()) return tl::unexpected(marks.error());
    const std::int64_t next = options.from == From::kEnd ? marks->end : marks->low;
    places.push_back({next, next, marks->end});
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p)->offset = next;
  }
  const rd_kafka_resp_err_t error = rd_kafka_assign(consumer.get(), list.get());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
  return tl::unexpected(ErrorOf(error, fmt::format("reading topic \"{}\"", topic)));
}

Result<std::span<const event::RawRecord>> TopicReader::Poll(std::int64_t max_wait_ms,
                                                            int records_max) {
  body_->batch.Clear();
  if (body_->trouble) return tl::unexpected(*std::exchange(body_->trouble, std::nullopt));
  // As in Source: librdkafka waits for as many as asked for.
  body_->Receive(0, records_max);
  if (body_->batch.size() == 0 && !body_->trouble) {
    body_->Receive(static_cast<int>(max_wait_ms), 1);
    if (records_max > 1) body_->Receive(0, records_max - 1);
  }
  if (body_->batch.size() > 0) {
    body_->events.health.Clear();
    return body_->batch.Records();
  }
  if (Status fine = body_->Trouble(); !fine.ok()) return tl::unexpected(fine.error());
  return std::span<const event::RawRecord>();
}

void TopicReader::Body::Receive(int timeout_ms, int records_max) {
  for (const rd_kafka_message_t* message : batch.Take(queue.get(), timeout_ms, records_max)) {
    const bool placed = message->rkt != nullptr && message->partition >= 0;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && placed) {
      places[static_cast<std::size_t>(message->partition)].next = message->offset + 1;
      batch.Keep(*message, event::Source::kTransactions);
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && placed) {
      std::int64_t& next = places[static_cast<std::size_t>(message->partition)].next;
      next = std::max(next, message->offset);
    } else {
      events.health.Note(message->err, rd_kafka_message_errstr(message));
      if (CodeOf(message->err) == Code::kRetry) continue;
      trouble = ErrorOf(message->err, fmt::format("reading topic \"{}\"", topic));
    }
  }
}

Status TopicReader::Body::Trouble() {
  if (trouble) return tl::unexpected(*std::exchange(trouble, std::nullopt));
  if (events.health.fatal()) return tl::unexpected(*events.health.fatal());
  if (!events.health.brokers_down()) return Ok();
  if (AskPartitions(consumer, events.health, topic, 1000).ok()) {
    events.health.Clear();
    return Ok();
  }
  return tl::unexpected(events.health.Down(consumer.brokers()));
}

bool TopicReader::AtEnd() const {
  return std::all_of(body_->places.begin(), body_->places.end(),
                     [](const Body::Place& place) { return place.next >= place.end; });
}

double TopicReader::share() const {
  std::int64_t read = 0;
  std::int64_t all = 0;
  for (const Body::Place& place : body_->places) {
    read += std::min(place.next, place.end) - place.first;
    all += place.end - place.first;
  }
  return all > 0 ? static_cast<double>(read) / static_cast<double>(all) : 1;
}

int TopicReader::partitions() const { return static_cast<int>(body_->places.size()); }

}  // namespace segmentd::kafka
