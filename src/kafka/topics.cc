#include "segmentd/kafka/topics.h"

#include <algorithm>
#include <charconv>

#include "kafka/admin.h"
#include "segmentd/base/ids.h"

namespace segmentd::kafka {
namespace {

// A customer that nothing is heard of for so long, though looks at it come every quarter of its
// silence, is nobody to learn from.
constexpr int kSampleDays = 400;

// How long the brokers may take until a topic just made is known to all of them.
constexpr int kAppearMs = 10'000;

Settings Deleted(int days) {
  return {{"cleanup.policy", "delete"}, {"retention.ms", std::to_string(days * kDayMs)}};
}

Settings Compacted(int days) {
  return {{"cleanup.policy", "compact"}, {"delete.retention.ms", std::to_string(days * kDayMs)}};
}

std::string CreateCommand(const std::string& brokers, const TopicSpec& topic) {
  std::string command =
      fmt::format("kafka-topics.sh --bootstrap-server {} --create --topic {} --partitions {}",
                  brokers, topic.name, topic.partitions);
  for (const auto& [key, value] : topic.config) {
    command += fmt::format(" --config {}={}", key, value);
  }
  return command;
}

std::string AlterCommand(const std::string& brokers, const std::string& topic,
                         const std::string& key, const std::string& value) {
  // A comma would end the value.
  const bool list = value.find(',') != std::string::npos;
  return fmt::format(
      "kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {} "
      "--add-config {}",
      brokers, topic, list ? fmt::format("'{}=[{}]'", key, value) : key + "=" + value);
}

std::int64_t Number(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Status MakeMissing(Admin& admin, std::span<const TopicSpec> missing, bool create) {
  if (missing.empty()) return Ok();
  if (create && admin.HasController()) {
    if (Status created = admin.Create(missing); !created.ok()) return created;
    for (const Deadline deadline(kAppearMs); !deadline.passed();) {
      bool all = true;
      for (const TopicSpec& topic : missing) {
        const Result<std::optional<int>> count = admin.Partitions(topic.name);
        if (!count.ok()) return tl::unexpected(count.error());
        all = all && count->has_value();
      }
      if (all) return Ok();
    }
    return Fail(Code::kRetry, "topic \"{}\" was made but does not show up yet; trying again",
                missing.front().name);
  }
  std::string commands;
  for (const TopicSpec& topic : missing) commands += "\n  " + CreateCommand(admin.brokers(), topic);
  return Fail(Code::kNotFound, "{} topics are missing; create them, or set kafka.create_topics:{}",
              missing.size(), commands);
}

Status CheckConfig(const std::string& brokers, const TopicSpec& topic, const Settings& actual) {
  for (const auto& [key, wanted] : topic.config) {
    const auto found = actual.find(key);
    if (found == actual.end()) continue;
    // How long to keep records is the operator's choice; these two are not.
    const bool wrong = (key == "cleanup.policy" && found->second != wanted) ||
                       (key == "max.message.bytes" && Number(found->second) < Number(wanted));
    if (!wrong) continue;
    return Fail(Code::kConfig, "topic \"{}\" has {}={}, which would lose records; run:\n  {}",
                topic.name, key, found->second, AlterCommand(brokers, topic.name, key, wanted));
  }
  return Ok();
}

// By topic; empty ones where the brokers do not tell: reading and writing a topic needs no
// permission to see its configuration, and the embedded broker has none.
Result<std::vector<Settings>> TellConfigs(Admin& admin, std::span<const std::string> topics) {
  const std::vector<Settings> nothing(topics.size());
  if (!admin.HasController()) return nothing;
  Result<std::vector<Settings>> configs = admin.Describe(topics);
  if (!configs.ok() && configs.error().code == Code::kConfig) return nothing;
  return configs;
}

Status CheckConfigs(Admin& admin, std::span<const TopicSpec> topics) {
  std::vector<std::string> names;
  for (const TopicSpec& topic : topics) names.push_back(topic.name);
  SEGMENTD_ASSIGN_OR_RETURN(const std::vector<Settings> configs, TellConfigs(admin, names));
  for (std::size_t i = 0; i < topics.size(); ++i) {
    SEGMENTD_RETURN_IF_ERROR(CheckConfig(admin.brokers(), topics[i], configs[i]));
  }
  return Ok();
}

}  // namespace

std::vector<TopicSpec> OutputTopicSpecs(const OutputTopics& names, int partitions,
                                        std::int64_t dlq_record_bytes_max) {
  std::vector<TopicSpec> specs;
  for (int i = 0; i < pipeline::kTopics; ++i) {
    TopicSpec spec{names[static_cast<std::size_t>(i)], partitions, {}};
    if (spec.name.empty()) continue;
    switch (static_cast<pipeline::Topic>(i)) {
      case pipeline::Topic::kSegmentChanged:
      case pipeline::Topic::kAtRisk:
        spec.config = Deleted(30);
        break;
      case pipeline::Topic::kDlq:
        spec.config = Deleted(14);
        spec.config["max.message.bytes"] =
            std::to_string(std::max(dlq_record_bytes_max, kMessageBytesMin));
        break;
      // Retention goes by the records' own times, which may be of years ago: what was read is
      // deleted by TrimTopic instead.
      case pipeline::Topic::kRekeyed:
        spec.config = {{"cleanup.policy", "delete"},
                       {"retention.ms", "-1"},
                       {"message.timestamp.type", "CreateTime"},
                       {"max.message.bytes",
                        std::to_string(std::max(dlq_record_bytes_max, kMessageBytesMin))}};
        break;
      // It names those who want to be forgotten: no longer than a request may have to wait.
      case pipeline::Topic::kControl:
        spec.config = Deleted(7);
        break;
      case pipeline::Topic::kSamples:
        spec.config = Compacted(7);
        spec.config["cleanup.policy"] = "compact,delete";
        spec.config["retention.ms"] = std::to_string(kSampleDays * kDayMs);
        break;
      // A store that was away for longer replays its changelog whole.
      case pipeline::Topic::kCustomerState:
      case pipeline::Topic::kChangelog:
        spec.config = Compacted(7);
        break;
    }
    spec.config.try_emplace("max.message.bytes", std::to_string(kMessageBytesMin));
    specs.push_back(std::move(spec));
  }
  return specs;
}

// One partition, so that a manifest stands behind its chunks.
TopicSpec ModelTopicSpec(const std::string& name) {
  TopicSpec spec{name, 1, Compacted(7)};
  spec.config["max.message.bytes"] = std::to_string(kMessageBytesMin);
  return spec;
}

Result<std::vector<std::optional<int>>> PartitionCounts(const Connection& connection,
                                                        std::span<const std::string> topics) {
  const Result<std::unique_ptr<Admin>> admin = Admin::Open(connection);
  if (!admin.ok()) return tl::unexpected(admin.error());
  std::vector<std::optional<int>> counts;
  for (const std::string& topic : topics) {
    const Result<std::optional<int>> count = (*admin)->Partitions(topic);
    if (!count.ok()) return tl::unexpected(count.error());
    counts.push_back(*count);
  }
  return counts;
}

Status EnsureTopics(const Connection& connection, std::span<const TopicSpec> topics, bool create) {
  const Result<std::unique_ptr<Admin>> opened = Admin::Open(connection);
  if (!opened.ok()) return tl::unexpected(opened.error());
  Admin& admin = **opened;
  std::vector<TopicSpec> missing;
  for (const TopicSpec& topic : topics) {
    const Result<std::optional<int>> count = admin.Partitions(topic.name);
    if (!count.ok()) return tl::unexpected(count.error());
    if (!*count) missing.push_back(topic);
  }
  if (Status made = MakeMissing(admin, missing, create); !made.ok()) return made;
  for (const TopicSpec& topic : topics) {
    const Result<std::optional<int>> count = admin.Partitions(topic.name);
    if (!count.ok()) return tl::unexpected(count.error());
    if (*count == topic.partitions) continue;
    return Fail(
        Code::kConfig,
        "topic \"{}\" has {} partitions and needs {}, as many as the input topic. If the input was "
        "given more partitions, customers have moved away from their state: read it with a new "
        "app. "
        "Else delete the topic, or choose another output.prefix or app",
        topic.name, count->value_or(0), topic.partitions);
  }
  return CheckConfigs(admin, topics);
}

Result<std::int64_t> RecordBytesMax(const Connection& connection,
                                    std::span<const std::string> topics) {
  SEGMENTD_ASSIGN_OR_RETURN(const std::unique_ptr<Admin> admin, Admin::Open(connection));
  SEGMENTD_ASSIGN_OR_RETURN(const std::vector<Settings> configs, TellConfigs(*admin, topics));
  std::int64_t largest = 0;
  for (const Settings& config : configs) {
    const auto told = config.find("max.message.bytes");
    if (told != config.end()) largest = std::max(largest, Number(told->second));
  }
  return largest;
}

Result<Settings> TopicConfig(const Connection& connection, const std::string& topic) {
  const Result<std::unique_ptr<Admin>> admin = Admin::Open(connection);
  if (!admin.ok()) return tl::unexpected(admin.error());
  Result<std::vector<Settings>> configs = (*admin)->Describe({&topic, 1});
  if (!configs.ok()) return tl::unexpected(configs.error());
  return std::move(configs->front());
}

Status TrimTopic(const Connection& connection, const std::string& topic, const std::string& group,
                 std::int64_t kept) {
  SEGMENTD_ASSIGN_OR_RETURN(const std::unique_ptr<Admin> admin, Admin::Open(connection, group));
  SEGMENTD_ASSIGN_OR_RETURN(const TopicListPtr read, admin->Committed(topic));
  const TopicListPtr before(rd_kafka_topic_partition_list_new(read->cnt));
  for (int i = 0; i < read->cnt; ++i) {
    const rd_kafka_topic_partition_t& at = read->elems[i];
    if (at.offset <= kept) continue;
    rd_kafka_topic_partition_list_add(before.get(), topic.c_str(), at.partition)->offset =
        at.offset - kept;
  }
  return before->cnt == 0 ? Ok() : admin->DeleteBefore(*before);
}

Status DeleteTopic(const Connection& connection, const std::string& topic) {
  const Result<std::unique_ptr<Admin>> admin = Admin::Open(connection);
  if (!admin.ok()) return tl::unexpected(admin.error());
  return (*admin)->Delete(topic);
}

}  // namespace segmentd::kafka
