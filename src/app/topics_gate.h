#pragma once

#include <stop_token>

#include "app/log.h"
#include "app/options.h"
#include "app/overview.h"
#include "segmentd/base/result.h"
#include "segmentd/config/config.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::app {

// Waits until the input topics exist, makes or checks the output topics, and marks the overview.
// What is missing is said once and waited for. kCancelled: asked to stop. kConfig: topics that
// cannot be worked with.
Result<InputShape> PassTopicsGate(const config::Config& config, const kafka::Connection& connection,
                                  SharedOverview& overview, const Log& log,
                                  const std::stop_token& stop);

// One look. kRetry: brokers away or a topic missing, the message says which and what to do.
Result<InputShape> ShapeOfInput(const config::Config& config, const kafka::Connection& connection);

}  // namespace segmentd::app
