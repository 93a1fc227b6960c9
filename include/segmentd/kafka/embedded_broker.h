#pragma once

#include <memory>
#include <span>
#include <string>

#include "segmentd/base/result.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/kafka/topics.h"

namespace segmentd::kafka {

// A Kafka-speaking broker inside this process, for `segmentd demo` and tests: librdkafka's mock
// cluster. It keeps nothing across restarts, holds at most 5 MiB per partition, and its
// transactions have no effect: use delivery at_least_once. Listens on a free port of 127.0.0.1. Any
// thread.
class EmbeddedBroker {
 public:
  // config of the topics is ignored. Other topics appear when first named, with 4 partitions.
  static Result<std::unique_ptr<EmbeddedBroker>> Start(std::span<const TopicSpec> topics);
  // Close every client first.
  ~EmbeddedBroker();
  EmbeddedBroker(const EmbeddedBroker&) = delete;
  EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

  // "127.0.0.1:43341"
  const std::string& address() const { return address_; }
  // The address, with the client settings that suit this broker: it rebalances only after
  // session.timeout.ms and answers an empty fetch only after fetch.wait.max.ms.
  Connection connection() const;

  Status CreateTopic(const std::string& name, int partitions);
  // Refuses connections until brought back; the records stay.
  void SetDown(bool down);

 private:
  EmbeddedBroker() = default;

  struct Body;
  std::unique_ptr<Body> body_;
  std::string address_;
};

}  // namespace segmentd::kafka
