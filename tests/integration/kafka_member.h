#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "segmentd/kafka/producer.h"
#include "segmentd/kafka/shard_ports.h"
#include "segmentd/kafka/topic_reader.h"

namespace segmentd::support {

inline ports::InputPartition Transactions(int partition) {
  return {event::Source::kTransactions, Partition{partition}};
}

// A copy of a record that outlives its batch.
struct Seen {
  event::Source source;
  int partition;
  std::int64_t offset;
  std::string value;
  std::map<std::string, std::string> headers;
  bool operator==(const Seen&) const = default;
};

Seen Copy(const event::RawRecord& record);

// Options of a shard for tests: short sessions, its own group.
kafka::ShardOptions TestOptions(const kafka::Connection& connection, const std::string& app,
                                const std::string& input);

// One shard's ports, with a listener that does what the test says.
class Member final : public ports::RebalanceListener {
 public:
  explicit Member(const kafka::ShardOptions& options);

  void OnAssigned(std::span<const ports::InputPartition> partitions) override;
  void OnRevoked(std::span<const ports::InputPartition> partitions, bool lost) override;

  // Polls, collecting what comes, until done() or 20 s are over; the result of done().
  bool PollUntil(const std::function<bool()>& done);
  bool PollUntilSeen(std::size_t records);
  // As runtime does on assignment, when not told otherwise: from the committed offset, else from 0.
  void StartAll();

  kafka::ShardPorts ports;
  std::function<void()> on_assigned = [this] { StartAll(); };
  std::function<void(bool lost)> on_revoked = [](bool) {};
  std::vector<ports::InputPartition> owned;
  std::vector<Seen> seen;
  std::vector<Error> errors;  // that Poll returned
};

// Writes "<prefix>0" .. to one partition.
void Fill(const kafka::Connection& connection, const std::string& topic, int partition, int count,
          const std::string& prefix = "v");

// All records of a topic, to the end that it has now.
std::vector<Seen> ReadAll(const kafka::Connection& connection, const std::string& topic,
                          bool read_committed = true);
std::vector<std::string> Values(const std::vector<Seen>& records);

pipeline::OutRecord Changed(int partition, const std::string& value);

}  // namespace segmentd::support
