#include "segmentd/kafka/shard_ports.h"

#include <utility>

#include "kafka/at_least_once_sink.h"
#include "kafka/changelog_reader.h"
#include "kafka/client_config.h"
#include "kafka/exactly_once_sink.h"
#include "kafka/source.h"

namespace segmentd::kafka {

std::string DescribeClient() {
  return fmt::format("librdkafka {}, assignment by {}", rd_kafka_version_str(), kAssignor);
}

Result<ShardPorts> ConnectShard(const ShardOptions& options) {
  Result<std::unique_ptr<Source>> source = Source::Open(options);
  if (!source.ok()) return tl::unexpected(source.error());

  ShardPorts ports;
  if (options.exactly_once) {
    ports.sink = std::make_unique<ExactlyOnceSink>(options, **source);
  } else {
    ports.sink = std::make_unique<AtLeastOnceSink>(options, **source);
  }
  ports.source = std::move(*source);
  return ports;
}

Result<std::unique_ptr<ports::ChangelogReader>> OpenChangelog(const ShardOptions& options) {
  Result<std::unique_ptr<ChangelogReader>> reader = ChangelogReader::Open(options);
  if (!reader.ok()) return tl::unexpected(reader.error());
  return std::move(*reader);
}

}  // namespace segmentd::kafka
