#pragma once

#include <memory>
#include <string>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/config/config.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/model/distribution.h"

namespace segmentd::app {

// How the model topic is written to. By the trainer under a name that one trainer of an app has at
// a time, where brokers have transactions.
class ModelWriter {
 public:
  static Result<std::unique_ptr<ModelWriter>> Open(const config::Config& config,
                                                   const kafka::Connection& connection);
  // For a person's command, which fences nobody.
  static Result<std::unique_ptr<ModelWriter>> OpenPlain(const kafka::Connection& connection,
                                                        const std::string& topic);
  virtual ~ModelWriter() = default;
  // Takes the name from another trainer.
  virtual Status Claim() = 0;
  virtual Status Write(const std::vector<model::TopicRecord>& records) = 0;
};

}  // namespace segmentd::app
