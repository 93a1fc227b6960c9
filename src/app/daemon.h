#pragma once

#include <functional>
#include <stop_token>

#include "app/log.h"
#include "segmentd/base/clock.h"
#include "segmentd/base/result.h"
#include "segmentd/config/config.h"
#include "segmentd/ports/probe.h"
#include "segmentd/runtime/shard.h"
#include "segmentd/train/live_trainer.h"

namespace segmentd::app {

struct DaemonOptions {
  bool until_drained = false;
  runtime::Accepted accepted;       // what may be lost or done twice
  ports::Probe* watcher = nullptr;  // told what the shards report, beside metrics and log
  std::function<void(int port)> on_listening;
  std::function<void(const train::LiveStatus&)> on_trainer;  // on the trainer's thread
};

// The whole daemon on the calling thread's time: stores, HTTP, topics, shards. Returns when it was
// asked to stop or has drained (Ok), or with the error that only a restart or a person can mend.
// Missing topics and absent brokers are waited for.
Status RunDaemon(const config::Config& config, const DaemonOptions& options, Log& log,
                 std::stop_token stop);

}  // namespace segmentd::app
