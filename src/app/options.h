#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/log.h"
#include "app/memory_plan.h"
#include "segmentd/base/result.h"
#include "segmentd/config/config.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/kafka/shard_ports.h"
#include "segmentd/kafka/topics.h"
#include "segmentd/pipeline/model.h"
#include "segmentd/pipeline/pipeline.h"
#include "segmentd/runtime/shard.h"

namespace segmentd::app {

// What the modules are asked for, from what the configuration says.

// Reads the secrets that kafka.client_files names. log: where librdkafka's own lines go, or null.
Result<kafka::Connection> ConnectionOf(const config::Config& config, const Log* log);

kafka::OutputTopics OutputTopicsOf(const config::Config& config);
// What the shards read: the input topic, or with input.rekey its copy.
std::string TransactionsTopicOf(const config::Config& config);
std::string SamplesTopicOf(const config::Config& config);
std::string ModelTopicOf(const config::Config& config);
std::vector<std::string> InputTopicsOf(const config::Config& config);

// What the outputs have to fit: the input topics as they are.
struct InputShape {
  int partitions = 1;
  std::int64_t record_bytes_max = 0;  // the largest record that they take
};

std::vector<kafka::TopicSpec> OutputSpecsOf(const config::Config& config, const InputShape& input);

event::Format TransactionsFormatOf(const config::Config& config);
event::Format ProfilesFormatOf(const config::Config& config);
pipeline::Options PipelineOptionsOf(const config::Config& config);

kafka::ShardOptions KafkaShardOptionsOf(const config::Config& config, const MemoryPlan& memory,
                                        const kafka::Connection& connection,
                                        const InputShape& input, const std::string& instance,
                                        int shard);
// Of the stage that re-keys: a group and a producer of its own, and no topics but those it needs.
kafka::ShardOptions KafkaRekeyerOptionsOf(const config::Config& config, kafka::ShardOptions shard);
runtime::ShardOptions RuntimeShardOptionsOf(const config::Config& config, const MemoryPlan& memory,
                                            int shard, bool until_drained);

// The model named by learning.bootstrap; nullptr: none is named. The file's path is in the message
// of every error: kConfig when it cannot be read, kCorruption, kNewer.
Result<std::shared_ptr<const pipeline::Model>> LoadBootstrap(const config::Config& config);

// What check-config can find beyond the configuration's own rules, without a network.
// with_files: the model and the secrets that it names are read too.
Status CheckOffline(const config::Config& config, bool with_files);

}  // namespace segmentd::app
