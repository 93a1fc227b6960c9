#include "segmentd/kafka/shard_ports.h"

#include <utility>

#include "kafka/at_least_once_sink.h"
#include "kafka/changelog_reader.h"
#include "kafka/exactly_once_sink.h"
#include "kafka/source.h"

namespace segmentd::kafka {

Result<ShardPorts> ConnectShard(const ShardOptions& options) {
  Result<std::unique_ptr<Source>> source = Source::Open(options);
  if (!source.ok()) return tl::unexpected(source.error());
  Result<std::unique_ptr<ChangelogReader>> changelog = ChangelogReader::Open(options);
  if (!changelog.ok()) return tl::unexpected(changelog.error());

  ShardPorts ports;
  if (options.exactly_once) {
    ports.sink = std::make_unique<ExactlyOnceSink>(options, **source);
  } else {
    ports.sink = std::make_unique<AtLeastOnceSink>(options, **source);
  }
  ports.source = std::move(*source);
  ports.changelog = std::move(*changelog);
  return ports;
}

}  // namespace segmentd::kafka
