#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "app/log.h"
#include "app/overview.h"
#include "segmentd/base/clock.h"
#include "segmentd/config/config.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/pipeline/model.h"
#include "segmentd/telemetry/metrics.h"
#include "segmentd/telemetry/status_board.h"
#include "segmentd/train/live_trainer.h"

namespace segmentd::app {

// What the trainer of a daemon works with.
struct TrainerGround {
  const config::Config& config;
  const kafka::Connection& connection;
  std::shared_ptr<const pipeline::Model> bootstrap;  // may be null
  const Clock& clock;
  const telemetry::StatusBoard& board;
  SharedOverview& overview;
  telemetry::Metrics& metrics;
  const Log& log;
  std::function<void(const train::LiveStatus&)> watcher;  // may be empty
};

// Trains while this process owns partition 0, until asked to stop: reads the samples, retrains on
// a thread of its own, publishes what deserves it. What goes wrong is logged and tried again; the
// shards never wait for any of it.
void RunTrainer(const TrainerGround& ground, const std::stop_token& stop);

}  // namespace segmentd::app
