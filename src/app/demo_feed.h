#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>

#include "segmentd/base/result.h"
#include "segmentd/generate/generator.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::app {

// The generated life of a demo's customers, which ends today: four months of history, and ten to
// come.
struct DemoPlan {
  generate::Options options;
  std::int64_t learn_until_ms = 0;  // the first model is of what came before
  std::int64_t live_from_ms = 0;    // before: history, fed at once
  std::int64_t day_takes_ms = 1;    // of the wall clock, once live
};

DemoPlan PlanDemo(std::int64_t now_ms);

// Learns the demo's model from its history and writes the bundle to a file.
Status LearnDemoModel(const DemoPlan& plan, const std::string& path);

// Where the feed stands, for the view.
struct DemoProgress {
  std::atomic<std::int64_t> event_time_ms{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<bool> ended{false};
};

// Produces the plan's records to a topic: history as fast as it goes, then a day per day_takes_ms.
// Returns at the end of the records or when asked to stop.
Status FeedDemo(const DemoPlan& plan, const kafka::Connection& connection, const std::string& topic,
                DemoProgress& progress, const std::stop_token& stop);

}  // namespace segmentd::app
