#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "segmentd/kafka/connection.h"
#include "segmentd/kafka/topics.h"

namespace segmentd::test {

// The real Apache Kafka of this test process: started for the first test that asks, gone with the
// process.
class RealKafka {
 public:
  // Null where java or the jars are missing; why_not() then says what to install.
  static const RealKafka* Get();
  static const std::string& why_not();

  const std::string& address() const { return address_; }
  kafka::Connection connection() const { return {address_, {}, {}}; }

 private:
  std::string address_;
};

// Skips its tests, with the reason, where there is no Kafka.
class RealKafkaTest : public testing::Test {
 protected:
  void SetUp() override;

  kafka::Connection connection() const { return RealKafka::Get()->connection(); }
  // A name that no other test has.
  static std::string Unique(const std::string& name);
  // A fresh topic of a unique name.
  std::string NewTopic(const std::string& name, int partitions, kafka::Settings config = {});
};

}  // namespace segmentd::test
