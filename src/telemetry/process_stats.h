#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace segmentd::telemetry {

// The process_* metrics as of now, as every Prometheus client names them. What /proc does not tell
// is left out.
std::vector<prometheus::MetricFamily> CollectProcessStats();

}  // namespace segmentd::telemetry
