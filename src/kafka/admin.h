#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kafka/handle.h"
#include "kafka/health.h"
#include "segmentd/kafka/topics.h"

namespace segmentd::kafka {

// One client for questions about topics. Every call waits for its answer, with a limit.
class Admin {
 public:
  // group: whose offsets are asked for; empty: nobody's.
  static Result<std::unique_ptr<Admin>> Open(const Connection& connection,
                                             const std::string& group = "");

  Result<std::optional<int>> Partitions(const std::string& topic);
  // False on the embedded broker, where the calls below only run into their limit.
  bool HasController();
  // A topic that exists already is no error: another instance may have been quicker.
  Status Create(std::span<const TopicSpec> topics);
  // By topic, in the order given.
  Result<std::vector<Settings>> Describe(std::span<const std::string> topics);
  Status Delete(const std::string& topic);
  // What the group has committed of the topic's partitions; negative where it has nothing.
  Result<TopicListPtr> Committed(const std::string& topic);
  // Deletes the records before each offset.
  Status DeleteBefore(const rd_kafka_topic_partition_list_t& offsets);
  const std::string& brokers() const { return client_.brokers(); }

 private:
  Admin() = default;
  // Waits for the one event that answers a request on queue_.
  Result<EventPtr> Answer(std::string_view doing);
  Error Explain(rd_kafka_resp_err_t error, std::string_view doing);

  HealthEvents events_;
  Handle client_;
  QueuePtr queue_;
};

}  // namespace segmentd::kafka
