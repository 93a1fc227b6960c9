#include "support/real_kafka.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "segmentd/base/assert.h"

namespace segmentd::support {
namespace {

constexpr int kMissing = 75;  // what the tool exits with when java or the jars cannot be had

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Runs the tool and returns its exit code. Not by a pipe, which the broker would inherit.
int StartBroker(const std::string& dir, const std::string& setting) {
  const std::string set = setting.empty() ? "" : fmt::format("--set '{}'", setting);
  const std::string command =
      fmt::format("'{}' start '{}/broker' --owner {} {} > '{}/out' 2> '{}/err'",
                  SEGMENTD_KAFKA_BROKER, dir, getpid(), set, dir, dir);
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

RealKafka::RealKafka(const std::string& setting) {
  const int code = StartBroker(dir_.path(), setting);
  const std::string words = ReadAll(dir_.path() + "/err");
  if (code == kMissing) {
    why_not_ = "no Apache Kafka to test with: " + words;
    return;
  }
  SEGMENTD_ASSERT(code == 0, words.c_str());
  address_ = ReadAll(dir_.path() + "/out");
  address_.erase(address_.find_last_not_of('\n') + 1);
  pid_ = std::stoi(ReadAll(dir_.path() + "/broker/pid"));
}

const RealKafka& RealKafka::Get() {
  static const RealKafka kafka;
  return kafka;
}

void RealKafkaTest::SetUp() {
  if (!RealKafka::Get().why_not().empty()) GTEST_SKIP() << RealKafka::Get().why_not();
}

std::string RealKafkaTest::Unique(const std::string& name) {
  static std::atomic<int> count = 0;
  return fmt::format("{}-{}", name, ++count);
}

std::string RealKafkaTest::NewTopic(const std::string& name, int partitions,
                                    kafka::Settings config) {
  const kafka::TopicSpec topic{Unique(name), partitions, std::move(config)};
  const Status made = kafka::EnsureTopics(connection(), {&topic, 1}, true);
  SEGMENTD_ASSERT(made.ok(), made.ok() ? "" : made.error().message.c_str());
  return topic.name;
}

}  // namespace segmentd::support
