#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <string>

#include "segmentd/kafka/connection.h"
#include "segmentd/kafka/topics.h"
#include "support/temp_dir.h"

namespace segmentd::support {

// A real Apache Kafka, gone with this process.
class RealKafka {
 public:
  // setting: of the broker, as name=value; empty: none.
  explicit RealKafka(const std::string& setting = "");
  // That of all tests of this process: started for the first that asks.
  static const RealKafka& Get();

  // Not empty where java or the jars are missing: what to install.
  const std::string& why_not() const { return why_not_; }
  const std::string& address() const { return address_; }
  kafka::Connection connection() const { return {address_, {}, {}}; }
  pid_t pid() const { return pid_; }

 private:
  TempDir dir_;
  std::string why_not_;
  std::string address_;
  pid_t pid_ = 0;
};

// Skips its tests, with the reason, where there is no Kafka.
class RealKafkaTest : public testing::Test {
 protected:
  void SetUp() override;

  kafka::Connection connection() const { return RealKafka::Get().connection(); }
  // A name that no other test has.
  static std::string Unique(const std::string& name);
  // A fresh topic of a unique name.
  std::string NewTopic(const std::string& name, int partitions, kafka::Settings config = {});
};

}  // namespace segmentd::support
