#include "app/published_models.h"

#include "app/options.h"
#include "segmentd/kafka/topic_reader.h"

namespace segmentd::app {
namespace {

constexpr std::int64_t kPollMs = 200;

}  // namespace

Result<model::ModelTopic> ReadModels(const kafka::Connection& connection,
                                     const config::Config& config) {
  model::ModelTopic models(config.app);
  SEGMENTD_ASSIGN_OR_RETURN(kafka::TopicReader reader,
                            kafka::TopicReader::Open(connection, ModelTopicOf(config)));
  while (!reader.AtEnd()) {
    SEGMENTD_ASSIGN_OR_RETURN(const auto records, reader.Poll(kPollMs));
    for (const event::RawRecord& record : records) {
      if (!record.key) continue;
      // What cannot be used is not there; the daemon says so in its log.
      static_cast<void>(models.Take(*record.key, record.value ? &*record.value : nullptr));
    }
  }
  return models;
}

Result<std::shared_ptr<const pipeline::Model>> LoadScoring(const kafka::Connection& connection,
                                                           const config::Config& config) {
  if (!config.learning.enabled) return LoadBootstrap(config);
  const auto models = ReadModels(connection, config);
  if (!models.ok() && models.error().code != Code::kNotFound) {
    return tl::unexpected(models.error());
  }
  if (models.ok()) {
    for (const std::string& version : models->Candidates()) {
      const auto encoded = models->Assemble(version);
      if (!encoded.ok()) continue;
      auto loaded = pipeline::Model::Load(*encoded);
      if (loaded.ok()) return loaded;
    }
  }
  return LoadBootstrap(config);
}

}  // namespace segmentd::app
