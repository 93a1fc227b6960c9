#pragma once

#include <vector>

#include "app/overview.h"
#include "segmentd/base/clock.h"
#include "segmentd/http/server.h"
#include "segmentd/telemetry/metrics.h"
#include "segmentd/telemetry/status_board.h"

namespace segmentd::app {

// All of it outlives the server.
struct Surfaces {
  const Clock& clock;
  const SharedOverview& overview;
  const telemetry::StatusBoard& board;
  telemetry::Metrics& metrics;
};

// The paths that `segmentd run` answers; /openapi.json describes them.
std::vector<http::Route> Endpoints(const Surfaces& on);

}  // namespace segmentd::app
