#include "kafka/admin.h"

#include "kafka/client_config.h"
#include "kafka/metadata.h"

namespace segmentd::kafka {
namespace {

constexpr int kAnswerMs = 10'000;
constexpr int kAnswerSliceMs = 1000;  // brokers that are known to be away are not waited for
constexpr int kRequestMs = 15'000;
constexpr std::int64_t kNoFetchBytes = 1 << 20;
constexpr int kBrokersDefault = -1;  // replication as the broker has it

using NewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, FreeWith<rd_kafka_NewTopic_destroy>>;
using DeleteTopicPtr =
    std::unique_ptr<rd_kafka_DeleteTopic_t, FreeWith<rd_kafka_DeleteTopic_destroy>>;
using ResourcePtr =
    std::unique_ptr<rd_kafka_ConfigResource_t, FreeWith<rd_kafka_ConfigResource_destroy>>;

using DeleteRecordsPtr =
    std::unique_ptr<rd_kafka_DeleteRecords_t, FreeWith<rd_kafka_DeleteRecords_destroy>>;

template <typename Owner>
auto Raw(const std::vector<Owner>& owners) {
  std::vector<decltype(owners[0].get())> raw;
  for (const Owner& owner : owners) raw.push_back(owner.get());
  return raw;
}

Error TopicError(const rd_kafka_topic_result_t& result, std::string_view doing) {
  const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(&result);
  const char* detail = rd_kafka_topic_result_error_string(&result);
  const Code code = CodeOf(error) == Code::kFatal ? Code::kConfig : CodeOf(error);
  return {code, fmt::format("{} topic \"{}\": {} ({})", doing, rd_kafka_topic_result_name(&result),
                            detail == nullptr ? rd_kafka_err2str(error) : detail,
                            rd_kafka_err2name(error))};
}

}  // namespace

Result<std::unique_ptr<Admin>> Admin::Open(const Connection& connection, const std::string& group) {
  std::unique_ptr<Admin> admin(new Admin);
  // A consumer, since a producer's question about a topic can create it.
  Config config = PlainConsumerConfig(kNoFetchBytes, true);
  if (!group.empty()) config.owned["group.id"] = group;
  Result<Handle> client = Handle::Open(connection, config, admin->events_);
  if (!client.ok()) return tl::unexpected(client.error());
  admin->client_ = std::move(*client);
  admin->queue_.reset(rd_kafka_queue_new(admin->client_.get()));
  return admin;
}

Error Admin::Explain(rd_kafka_resp_err_t error, std::string_view doing) {
  rd_kafka_poll(client_.get(), 0);
  return events_.health.Explain(brokers(), error, doing);
}

Result<std::optional<int>> Admin::Partitions(const std::string& topic) {
  const Health& health = events_.health;
  for (const Deadline deadline(kAnswerMs);;) {
    Result<std::optional<int>> count = AskPartitions(client_, health, topic, kAnswerSliceMs);
    if (count.ok() || count.error().code != Code::kRetry) return count;
    rd_kafka_poll(client_.get(), 0);
    if (health.brokers_down()) return tl::unexpected(health.Down(brokers()));
    if (deadline.passed()) return count;
  }
}

bool Admin::HasController() {
  const std::int32_t controller = rd_kafka_controllerid(client_.get(), kAnswerMs);
  const rd_kafka_metadata_t* answer = nullptr;
  if (rd_kafka_metadata(client_.get(), 0, nullptr, &answer, kAnswerMs) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return false;
  }
  const MetadataPtr metadata(answer);
  for (int i = 0; i < metadata->broker_cnt; ++i) {
    if (metadata->brokers[i].id == controller) return true;
  }
  return false;
}

Result<EventPtr> Admin::Answer(std::string_view doing) {
  EventPtr event(rd_kafka_queue_poll(queue_.get(), kRequestMs));
  if (!event) return tl::unexpected(Explain(RD_KAFKA_RESP_ERR__TIMED_OUT, doing));
  if (const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected(Explain(error, doing));
  }
  return event;
}

Status Admin::Create(std::span<const TopicSpec> topics) {
  std::vector<NewTopicPtr> requests;
  for (const TopicSpec& topic : topics) {
    char reason[256] = "";
    requests.emplace_back(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions,
                                                kBrokersDefault, reason, sizeof reason));
    if (!requests.back()) return Fail(Code::kConfig, "topic \"{}\": {}", topic.name, reason);
    for (const auto& [key, value] : topic.config) {
      rd_kafka_NewTopic_set_config(requests.back().get(), key.c_str(), value.c_str());
    }
  }
  std::vector<rd_kafka_NewTopic_t*> raw = Raw(requests);
  rd_kafka_CreateTopics(client_.get(), raw.data(), raw.size(), nullptr, queue_.get());
  const Result<EventPtr> event = Answer("creating topics");
  if (!event.ok()) return tl::unexpected(event.error());
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      continue;
    }
    return tl::unexpected(TopicError(*results[i], "creating"));
  }
  return Ok();
}

Result<std::vector<Settings>> Admin::Describe(std::span<const std::string> topics) {
  std::vector<ResourcePtr> requests;
  for (const std::string& topic : topics) {
    requests.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  }
  std::vector<rd_kafka_ConfigResource_t*> raw = Raw(requests);
  rd_kafka_DescribeConfigs(client_.get(), raw.data(), raw.size(), nullptr, queue_.get());
  const Result<EventPtr> event = Answer("asking for the configuration of topics");
  if (!event.ok()) return tl::unexpected(event.error());
  std::size_t count = 0;
  const auto* const* resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  std::vector<Settings> configs(topics.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(resources[i]);
    const rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(resources[i]);
    if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      return Fail(Code::kNotFound, "topic \"{}\" does not exist on Kafka at {}", name, brokers());
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return tl::unexpected(
          Explain(error, fmt::format("asking for the configuration of topic \"{}\"", name)));
    }
    std::size_t entries = 0;
    const auto* const* entry = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t t = 0; t < topics.size(); ++t) {
      if (topics[t] != name) continue;
      for (std::size_t e = 0; e < entries; ++e) {
        const char* value = rd_kafka_ConfigEntry_value(entry[e]);
        configs[t][rd_kafka_ConfigEntry_name(entry[e])] = value == nullptr ? "" : value;
      }
    }
  }
  return configs;
}

Status Admin::Delete(const std::string& topic) {
  const DeleteTopicPtr request(rd_kafka_DeleteTopic_new(topic.c_str()));
  rd_kafka_DeleteTopic_t* raw = request.get();
  rd_kafka_DeleteTopics(client_.get(), &raw, 1, nullptr, queue_.get());
  const Result<EventPtr> event = Answer("deleting a topic");
  if (!event.ok()) return tl::unexpected(event.error());
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event->get()), &count);
  if (count == 1 && rd_kafka_topic_result_error(results[0]) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Ok();
  }
  if (count == 1 &&
      rd_kafka_topic_result_error(results[0]) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return Fail(Code::kNotFound, "topic \"{}\" does not exist on Kafka at {}", topic, brokers());
  }
  if (count == 1) return tl::unexpected(TopicError(*results[0], "deleting"));
  return Fail(Code::kFatal, "deleting topic \"{}\": the broker did not answer for it", topic);
}

// Asked as a member asks. What librdkafka 2.0 has for other groups ends the process when their
// coordinator moves, or is not there yet.
Result<TopicListPtr> Admin::Committed(const std::string& topic) {
  SEGMENTD_ASSIGN_OR_RETURN(const std::optional<int> count, Partitions(topic));
  TopicListPtr asked(rd_kafka_topic_partition_list_new(count.value_or(0)));
  for (int p = 0; p < count.value_or(0); ++p) {
    rd_kafka_topic_partition_list_add(asked.get(), topic.c_str(), p);
  }
  const rd_kafka_resp_err_t error = rd_kafka_committed(client_.get(), asked.get(), kAnswerMs);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return asked;
  return tl::unexpected(Explain(error, "asking for the group's committed offsets"));
}

Status Admin::DeleteBefore(const rd_kafka_topic_partition_list_t& offsets) {
  const DeleteRecordsPtr request(rd_kafka_DeleteRecords_new(&offsets));
  rd_kafka_DeleteRecords_t* raw = request.get();
  rd_kafka_DeleteRecords(client_.get(), &raw, 1, nullptr, queue_.get());
  const Result<EventPtr> event = Answer("deleting records");
  if (!event.ok()) return tl::unexpected(event.error());
  const rd_kafka_topic_partition_list_t* answers =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event->get()));
  for (int i = 0; i < answers->cnt; ++i) {
    const rd_kafka_topic_partition_t& answer = answers->elems[i];
    if (answer.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    return tl::unexpected(
        Explain(answer.err, fmt::format("deleting records of partition {} of topic \"{}\"",
                                        answer.partition, answer.topic)));
  }
  return Ok();
}

}  // namespace segmentd::kafka
