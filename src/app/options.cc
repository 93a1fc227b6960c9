#include "app/options.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "app/mistakes.h"
#include "app/version.h"
#include "segmentd/event/decoder.h"

namespace segmentd::app {
namespace {

// A dead letter's own headers, and the key and headers of a value of input.max_bytes.
constexpr std::int64_t kDlqExtraBytes = 150'000;
// librdkafka's severities: below are errors that stop a client, above what its retries deal with
// and what the ports report in their own words.
constexpr int kSyslogCritical = 2;

// A record that is too large for `input.max_bytes` is still one that the input topic took.
std::int64_t DlqRecordBytesMax(const config::Config& config, const InputShape& input) {
  return std::max(config.input.max_bytes, input.record_bytes_max) + kDlqExtraBytes;
}

}  // namespace

Result<kafka::Connection> ConnectionOf(const config::Config& config, const Log* log) {
  kafka::Connection connection{config.kafka.brokers, config.kafka.client, {}};
  for (const auto& [key, file] : config.kafka.client_files) {
    SEGMENTD_ASSIGN_OR_RETURN(connection.client[key],
                              config::ReadSecret(file, "kafka.client_files: " + key));
  }
  if (log != nullptr) {
    connection.log = [log](int severity, std::string_view line) {
      if (severity <= kSyslogCritical) {
        log->Failure("kafka client", {{"line", std::string(line)}});
      } else {
        log->Debug("kafka client", {{"line", std::string(line)}});
      }
    };
  }
  return connection;
}

kafka::OutputTopics OutputTopicsOf(const config::Config& config) {
  const std::string& prefix = config.output.prefix;
  kafka::OutputTopics topics;
  const auto name = [&topics](pipeline::Topic topic) -> std::string& {
    return topics[static_cast<std::size_t>(topic)];
  };
  name(pipeline::Topic::kSegmentChanged) = prefix + "segment.changed.v1";
  name(pipeline::Topic::kCustomerState) = prefix + "customer.state.v1";
  name(pipeline::Topic::kAtRisk) = prefix + "at-risk.v1";
  name(pipeline::Topic::kDlq) = prefix + "dlq.v1";
  name(pipeline::Topic::kChangelog) = prefix + config.app + ".changelog";
  name(pipeline::Topic::kControl) = prefix + config.app + ".control";
  if (config.input.rekey) name(pipeline::Topic::kRekeyed) = prefix + config.app + ".rekeyed";
  if (config.learning.enabled) name(pipeline::Topic::kSamples) = prefix + config.app + ".samples";
  return topics;
}

std::string TransactionsTopicOf(const config::Config& config) {
  if (!config.input.rekey) return config.input.transactions.topic;
  return OutputTopicsOf(config)[static_cast<std::size_t>(pipeline::Topic::kRekeyed)];
}

std::string SamplesTopicOf(const config::Config& config) {
  return OutputTopicsOf(config)[static_cast<std::size_t>(pipeline::Topic::kSamples)];
}

std::string ModelTopicOf(const config::Config& config) { return config.output.prefix + "model.v1"; }

std::vector<std::string> InputTopicsOf(const config::Config& config) {
  std::vector<std::string> topics = {config.input.transactions.topic};
  if (config.input.profiles.topic) topics.push_back(*config.input.profiles.topic);
  return topics;
}

std::vector<kafka::TopicSpec> OutputSpecsOf(const config::Config& config, const InputShape& input) {
  std::vector<kafka::TopicSpec> specs = kafka::OutputTopicSpecs(
      OutputTopicsOf(config), input.partitions, DlqRecordBytesMax(config, input));
  if (config.learning.enabled) specs.push_back(kafka::ModelTopicSpec(ModelTopicOf(config)));
  return specs;
}

event::Format TransactionsFormatOf(const config::Config& config) {
  const config::Transactions& transactions = config.input.transactions;
  event::Format format;
  format.encoding = transactions.format;
  format.framing = transactions.framing;
  format.time = transactions.time;
  format.max_bytes = config.input.max_bytes;
  format.fields = transactions.fields;
  return format;
}

event::Format ProfilesFormatOf(const config::Config& config) {
  const config::Profiles& profiles = config.input.profiles;
  event::Format format;
  format.encoding = profiles.format;
  format.framing = profiles.framing;
  format.max_bytes = config.input.max_bytes;
  format.fields = profiles.fields;
  const feature::Plan& plan = config.features;
  format.profile_attributes = plan.profile_numbers;
  format.profile_attributes.insert(format.profile_attributes.end(), plan.profile_names.begin(),
                                   plan.profile_names.end());
  return format;
}

pipeline::Options PipelineOptionsOf(const config::Config& config) {
  pipeline::Options options;
  options.app = config.app;
  options.version = std::string(Version());
  options.transactions = TransactionsFormatOf(config);
  options.profiles = ProfilesFormatOf(config);
  options.input_topics = {
      TransactionsTopicOf(config), config.input.profiles.topic.value_or(""),
      OutputTopicsOf(config)[static_cast<std::size_t>(pipeline::Topic::kControl)]};
  options.format = config.output.format;
  options.backfill = config.output.backfill;
  options.state_every = config.output.state.every;
  options.state_period_ms = config.output.state.period_ms;
  options.out_of_orderness_ms = config.time.out_of_orderness_ms;
  options.allowed_lateness_ms = config.time.allowed_lateness_ms;
  options.max_future_ms = config.time.max_future_ms;
  options.expire_after_ms = config.state.expire_after_ms.value_or(0);
  options.risk = {static_cast<double>(config.risk.horizon_ms) / static_cast<double>(7 * kDayMs),
                  config.risk.enter, config.risk.leave, config.risk.lapsed};
  options.plan = config.features;
  options.sample = config.learning.enabled ? config.learning.sample : 0;
  return options;
}

kafka::ShardOptions KafkaShardOptionsOf(const config::Config& config, const MemoryPlan& memory,
                                        const kafka::Connection& connection,
                                        const InputShape& input, const std::string& instance,
                                        int shard) {
  kafka::ShardOptions options;
  options.connection = connection;
  options.app = config.app;
  options.instance = instance;
  options.shard = shard;
  options.transactions_topic = TransactionsTopicOf(config);
  options.profiles_topic = config.input.profiles.topic.value_or("");
  options.outputs = OutputTopicsOf(config);
  options.exactly_once = config.delivery == config::Delivery::kExactlyOnce;
  options.fetch_bytes_max = memory.fetch_bytes;
  options.send_bytes_max = memory.send_bytes;
  options.dlq_record_bytes_max = DlqRecordBytesMax(config, input);
  return options;
}

kafka::ShardOptions KafkaRekeyerOptionsOf(const config::Config& config, kafka::ShardOptions shard) {
  shard.app += ".rekey";
  shard.transactions_topic = config.input.transactions.topic;
  shard.profiles_topic.clear();
  // The more of one partition is copied before the next, the later the next one's events come.
  shard.fetch_partition_bytes = 64 << 10;
  const kafka::OutputTopics topics = OutputTopicsOf(config);
  shard.outputs = {};
  for (const pipeline::Topic topic : {pipeline::Topic::kDlq, pipeline::Topic::kRekeyed}) {
    shard.outputs[static_cast<std::size_t>(topic)] = topics[static_cast<std::size_t>(topic)];
  }
  return shard;
}

runtime::ShardOptions RuntimeShardOptionsOf(const config::Config& config, const MemoryPlan& memory,
                                            int shard, bool until_drained) {
  runtime::ShardOptions options;
  options.app = config.app;
  options.shard = shard;
  options.commit_interval_ms = config.commit.interval_ms;
  options.change_within_ms = config.commit.change_within_ms;
  options.commit_bytes_max = memory.commit_bytes;
  options.cache_bytes_max = memory.cache_bytes;
  // Of the copy all is to be read; where the input begins is the matter of the stage before.
  options.start_earliest =
      config.input.rekey || config.input.transactions.start == config::Start::kEarliest;
  options.until_drained = until_drained;
  options.idle_grace_ms = config.time.idle_grace_ms;
  options.breaker = {config.input.breaker.share, config.input.breaker.records};
  options.state_every_commit = config.output.state.every == pipeline::StateEvery::kCommit;
  return options;
}

Result<std::shared_ptr<const pipeline::Model>> LoadBootstrap(const config::Config& config) {
  if (!config.learning.bootstrap) return nullptr;
  const std::string context = "learning.bootstrap: " + *config.learning.bootstrap;
  std::ifstream file(*config.learning.bootstrap, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (!file.is_open() || file.bad()) {
    return Fail(Code::kConfig, "{}: cannot be read; `segmentd train` makes such a file", context);
  }
  auto model = pipeline::Model::Load(bytes);
  if (!model.ok()) return tl::unexpected(model.error().With(context));
  return model;
}

Status CheckOffline(const config::Config& config, bool with_files) {
  if (const auto mistakes = FindMistakes(config); !mistakes.empty()) {
    return Fail(Code::kConfig, "{}: {}", mistakes.front().path, mistakes.front().message);
  }
  SEGMENTD_RETURN_IF_ERROR(pipeline::Pipeline::Create(PipelineOptionsOf(config)));
  if (!with_files) return Ok();
  SEGMENTD_RETURN_IF_ERROR(ConnectionOf(config, nullptr));
  if (config.http.token_file) {
    SEGMENTD_RETURN_IF_ERROR(config::ReadSecret(*config.http.token_file, "http.token_file"));
  }
  SEGMENTD_RETURN_IF_ERROR(LoadBootstrap(config));
  return Ok();
}

}  // namespace segmentd::app
