#include "app/topics_gate.h"

#include <chrono>

#include "app/wait.h"
#include "segmentd/kafka/topics.h"

namespace segmentd::app {
namespace {

constexpr std::chrono::seconds kRetryWait{1};

Result<InputShape> TryOnce(const config::Config& config, const kafka::Connection& connection) {
  SEGMENTD_ASSIGN_OR_RETURN(const InputShape input, ShapeOfInput(config, connection));
  SEGMENTD_RETURN_IF_ERROR(
      kafka::EnsureTopics(connection, OutputSpecsOf(config, input), config.kafka.create_topics));
  return input;
}

}  // namespace

Result<InputShape> ShapeOfInput(const config::Config& config, const kafka::Connection& connection) {
  const std::vector<std::string> topics = InputTopicsOf(config);
  SEGMENTD_ASSIGN_OR_RETURN(const auto counts, kafka::PartitionCounts(connection, topics));
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (counts[i]) continue;
    return Fail(Code::kRetry,
                "the input topic {} does not exist at {}; create it, or mend input.{}.topic",
                topics[i], config.kafka.brokers, i == 0 ? "transactions" : "profiles");
  }
  if (counts.size() > 1 && *counts[0] != *counts[1]) {
    return Fail(Code::kConfig,
                "{} has {} partitions and {} has {}: a customer's records must share a partition "
                "number; give both topics the same count",
                topics[0], *counts[0], topics[1], *counts[1]);
  }
  InputShape input{.partitions = *counts[0]};
  SEGMENTD_ASSIGN_OR_RETURN(input.record_bytes_max, kafka::RecordBytesMax(connection, topics));
  return input;
}

Result<InputShape> PassTopicsGate(const config::Config& config, const kafka::Connection& connection,
                                  SharedOverview& overview, const Log& log,
                                  const std::stop_token& stop) {
  std::string said;
  while (!stop.stop_requested()) {
    Result<InputShape> tried = TryOnce(config, connection);
    if (tried.ok()) {
      overview.Update([](Overview& now) {
        now.topics_verified = true;
        now.waiting_for.clear();
      });
      log.Info("topics are verified", {{"input", config.input.transactions.topic}});
      return tried;
    }
    // Missing topics may be made by somebody at any time, as brokers may come back.
    const bool waits = tried.error().code == Code::kRetry || tried.error().code == Code::kNotFound;
    if (!waits) return tried;
    overview.Update([&tried](Overview& now) { now.waiting_for = tried.error().message; });
    if (Gist(said) != Gist(tried.error().message))
      log.Warn(tried.error().message, {{"action", "waiting"}});
    said = tried.error().message;
    WaitFor(kRetryWait, stop);
  }
  return Fail(Code::kCancelled, "asked to stop while waiting for the topics");
}

}  // namespace segmentd::app
