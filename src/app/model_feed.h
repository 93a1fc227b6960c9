#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "app/log.h"
#include "segmentd/base/result.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/kafka/topic_reader.h"
#include "segmentd/model/distribution.h"
#include "segmentd/runtime/model_shelf.h"

namespace segmentd::app {

// Keeps a shelf as the model topic has it: every model that is there and proves to be whole, and
// active the one that is said to be, or else the last that was good. One thread.
class ModelFeed {
 public:
  struct Told {
    std::shared_ptr<const pipeline::Model> active;  // nullptr: none
    std::string problem;         // why it is not the one that is said to be active; empty: it is
    std::uint64_t failures = 0;  // models that could not be used, since the start
  };

  // bootstrap: what is active until the topic says otherwise; may be null.
  ModelFeed(std::string app, std::shared_ptr<const pipeline::Model> bootstrap,
            runtime::ModelShelf& shelf, const Log& log);

  // Reads what there is, so that partitions find the models that scored them. kCancelled: asked to
  // stop meanwhile; else errors that no waiting mends.
  Status ReadAll(const kafka::Connection& connection, const std::string& topic,
                 const std::stop_token& stop);
  // Reads on until asked to stop; calls `changed` whenever there is something to tell.
  void Follow(const std::stop_token& stop, const std::function<void(const Told&)>& changed);

  // One record of the topic; nothing takes effect before Settle.
  void Take(std::string_view key, const std::string_view* value);
  // True when there is something to tell.
  bool Settle();
  const Told& told() const { return told_; }

 private:
  using Model = std::shared_ptr<const pipeline::Model>;

  Result<bool> Poll(std::int64_t max_wait_ms);
  void LoadNew();
  void Warn(const std::string& version, const Error& error);

  const Model bootstrap_;
  runtime::ModelShelf& shelf_;
  const Log& log_;
  model::ModelTopic topic_;
  std::optional<kafka::TopicReader> reader_;
  std::map<std::string, Model> models_;
  std::map<std::string, std::string> failed_;  // version: why, as it was said
  bool taken_ = false;
  Told told_;
};

}  // namespace segmentd::app
