#include "integration/kafka_member.h"

#include "segmentd/base/assert.h"
#include "segmentd/base/clock.h"

namespace segmentd::support {
namespace {

constexpr std::int64_t kPatienceNs = 20'000'000'000;

template <typename T>
T Value(Result<T> result) {
  SEGMENTD_ASSERT(result.ok(), result.ok() ? "" : result.error().message.c_str());
  return std::move(*result);
}

void Check(const Status& status) {
  SEGMENTD_ASSERT(status.ok(), status.ok() ? "" : status.error().message.c_str());
}

}  // namespace

Seen Copy(const event::RawRecord& record) {
  Seen seen{record.source,
            record.partition.value(),
            record.offset.value(),
            record.value ? std::string(*record.value) : "(null)",
            {}};
  for (const event::Header& header : record.headers) {
    seen.headers[std::string(header.name)] = header.value;
  }
  return seen;
}

kafka::ShardOptions TestOptions(const kafka::Connection& connection, const std::string& app,
                                const std::string& input) {
  kafka::ShardOptions options;
  options.connection = connection;
  options.connection.client.merge(kafka::Settings{{"session.timeout.ms", "2000"},
                                                  {"heartbeat.interval.ms", "100"},
                                                  {"max.poll.interval.ms", "30000"}});
  options.app = app;
  options.instance = "i1";
  options.transactions_topic = input;
  return options;
}

Member::Member(const kafka::ShardOptions& options) : ports(Value(kafka::ConnectShard(options))) {}

void Member::OnAssigned(std::span<const ports::InputPartition> partitions) {
  owned.assign(partitions.begin(), partitions.end());
  on_assigned();
}

void Member::OnRevoked(std::span<const ports::InputPartition>, bool lost) {
  on_revoked(lost);
  owned.clear();
}

void Member::StartAll() {
  if (owned.empty()) return;
  const auto committed = Value(ports.source->Committed(owned));
  for (std::size_t i = 0; i < owned.size(); ++i) {
    Check(ports.source->StartAt(owned[i], committed[i].value_or(Offset{0})));
  }
}

bool Member::PollUntil(const std::function<bool()>& done) {
  const SystemClock clock;
  const std::int64_t end_ns = clock.MonotonicNs() + kPatienceNs;
  while (!done()) {
    if (clock.MonotonicNs() > end_ns) return false;
    const auto records = ports.source->Poll(100, 1000);
    if (!records.ok()) {
      errors.push_back(records.error());
      continue;
    }
    for (const event::RawRecord& record : *records) seen.push_back(Copy(record));
  }
  return true;
}

bool Member::PollUntilSeen(std::size_t records) {
  return PollUntil([&] { return seen.size() >= records; });
}

void Fill(const kafka::Connection& connection, const std::string& topic, int partition, int count,
          const std::string& prefix) {
  kafka::Producer producer = Value(kafka::Producer::Open(connection, topic));
  for (int i = 0; i < count; ++i) {
    const std::string value = prefix + std::to_string(i);
    kafka::Producer::Record record;
    record.key = "k";
    record.value = value;
    record.partition = Partition{partition};
    Check(producer.Send(record));
  }
  Check(producer.Flush());
}

std::vector<Seen> ReadAll(const kafka::Connection& connection, const std::string& topic,
                          bool read_committed) {
  kafka::TopicReader::Options options;
  options.read_committed = read_committed;
  kafka::TopicReader reader = Value(kafka::TopicReader::Open(connection, topic, options));
  std::vector<Seen> all;
  while (!reader.AtEnd()) {
    for (const event::RawRecord& record : Value(reader.Poll(1000))) all.push_back(Copy(record));
  }
  return all;
}

std::vector<std::string> Values(const std::vector<Seen>& records) {
  std::vector<std::string> values;
  for (const Seen& record : records) values.push_back(record.value);
  return values;
}

pipeline::OutRecord Changed(int partition, const std::string& value) {
  pipeline::OutRecord record;
  record.topic = pipeline::Topic::kSegmentChanged;
  record.partition = Partition{partition};
  record.key = "c1";
  record.value = value;
  return record;
}

}  // namespace segmentd::support
