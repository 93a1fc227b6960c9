#include "app/model_feed.h"

#include <chrono>

#include "app/wait.h"

namespace segmentd::app {
namespace {

constexpr std::int64_t kPollMs = 500;
constexpr std::chrono::seconds kRetryWait{1};

}  // namespace

ModelFeed::ModelFeed(std::string app, Model bootstrap, runtime::ModelShelf& shelf, const Log& log)
    : bootstrap_(std::move(bootstrap)), shelf_(shelf), log_(log), topic_(std::move(app)) {
  told_.active = bootstrap_;
  shelf_.Set({}, bootstrap_);
}

Status ModelFeed::ReadAll(const kafka::Connection& connection, const std::string& topic,
                          const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!reader_) {
      auto opened = kafka::TopicReader::Open(connection, topic);
      if (opened.ok()) {
        reader_ = std::move(*opened);
      } else if (opened.error().code != Code::kRetry) {
        return tl::unexpected(opened.error());
      } else {
        WaitFor(kRetryWait, stop);
        continue;
      }
    }
    const auto polled = Poll(kPollMs);
    if (!polled.ok() && polled.error().code != Code::kRetry) return tl::unexpected(polled.error());
    if (!reader_->AtEnd()) continue;
    Settle();
    return Ok();
  }
  return Fail(Code::kCancelled, "asked to stop while reading the model topic");
}

void ModelFeed::Follow(const std::stop_token& stop,
                       const std::function<void(const Told&)>& changed) {
  changed(told_);
  while (!stop.stop_requested()) {
    const auto polled = Poll(kPollMs);
    if (!polled.ok()) {
      // What is at hand goes on to score; the shards say that the brokers are away.
      if (polled.error().code != Code::kRetry) {
        log_.Warn("the model topic cannot be read", {{"problem", polled.error().message}});
      }
      WaitFor(kRetryWait, stop);
    }
    if (Settle()) changed(told_);
  }
}

Result<bool> ModelFeed::Poll(std::int64_t max_wait_ms) {
  SEGMENTD_ASSIGN_OR_RETURN(const auto records, reader_->Poll(max_wait_ms));
  for (const event::RawRecord& record : records) {
    if (!record.key) continue;
    Take(*record.key, record.value ? &*record.value : nullptr);
  }
  return !records.empty();
}

void ModelFeed::Take(std::string_view key, const std::string_view* value) {
  const Status taken = topic_.Take(key, value);
  taken_ = true;
  if (taken.ok()) return;
  ++told_.failures;
  log_.Warn("a record of the model topic cannot be used; the models at hand stay",
            {{"key", std::string(key)}, {"problem", taken.error().message}});
}

bool ModelFeed::Settle() {
  if (!std::exchange(taken_, false)) return false;
  const Told before = told_;
  LoadNew();
  told_.problem.clear();
  // Without a word from the topic, and without a usable model on it, the last good one stays.
  for (const std::string& version : topic_.Candidates()) {
    const auto at = models_.find(version);
    if (at != models_.end()) {
      told_.active = at->second;
      break;
    }
    const auto failed = failed_.find(version);
    if (told_.problem.empty()) {
      told_.problem =
          failed != failed_.end() ? failed->second : fmt::format("model {} is not there", version);
    }
  }
  std::vector<Model> all;
  for (const auto& [version, model] : models_) all.push_back(model);
  if (bootstrap_ != nullptr) all.push_back(bootstrap_);
  shelf_.Set(std::move(all), told_.active);
  return told_.active != before.active || told_.problem != before.problem ||
         told_.failures != before.failures;
}

// Each model once; one that failed again when there is news of it, for its chunks may have been
// mended.
void ModelFeed::LoadNew() {
  std::erase_if(models_, [&](const auto& at) {
    return !topic_.manifests().contains(at.first) && at.second != told_.active;
  });
  for (const auto& [version, manifest] : topic_.manifests()) {
    if (models_.contains(version)) continue;
    const auto encoded = topic_.Assemble(version);
    if (!encoded.ok()) {
      Warn(version, encoded.error());
      continue;
    }
    auto loaded = pipeline::Model::Load(*encoded);
    if (!loaded.ok()) {
      Warn(version, loaded.error());
      continue;
    }
    failed_.erase(version);
    models_.emplace(version, std::move(*loaded));
  }
}

void ModelFeed::Warn(const std::string& version, const Error& error) {
  if (failed_[version] == error.message) return;
  failed_[version] = error.message;
  ++told_.failures;
  log_.Warn("a model on the topic cannot be used; the models at hand stay",
            {{"version", version}, {"problem", error.message}});
}

}  // namespace segmentd::app
