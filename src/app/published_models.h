#pragma once

#include <memory>
#include <string>

#include "segmentd/base/result.h"
#include "segmentd/config/config.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/model/distribution.h"
#include "segmentd/pipeline/model.h"

namespace segmentd::app {

// The app's part of the model topic as it stands. kNotFound: no such topic; kRetry.
Result<model::ModelTopic> ReadModels(const kafka::Connection& connection,
                                     const config::Config& config);

// The model that a daemon would start with: the one that is said to score, or what it falls back
// on; nullptr: none.
Result<std::shared_ptr<const pipeline::Model>> LoadScoring(const kafka::Connection& connection,
                                                           const config::Config& config);

}  // namespace segmentd::app
