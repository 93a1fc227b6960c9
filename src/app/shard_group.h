#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "app/log.h"
#include "app/memory_plan.h"
#include "app/options.h"
#include "app/overview.h"
#include "segmentd/base/clock.h"
#include "segmentd/base/result.h"
#include "segmentd/config/config.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/ports/attempts.h"
#include "segmentd/ports/models.h"
#include "segmentd/ports/probe.h"
#include "segmentd/ports/store.h"
#include "segmentd/runtime/shard.h"

namespace segmentd::app {

// What the shards of one daemon share.
struct ShardGroup {
  const config::Config& config;
  bool until_drained;
  const runtime::Accepted& accepted;
  const kafka::Connection& connection;
  const MemoryPlan& memory;
  InputShape input;
  const std::string& instance;
  ports::Models& models;
  Clock& clock;
  ports::StoreFactory& stores;
  ports::Attempts& attempts;
  ports::Probe& probe;
  SharedOverview& overview;
  const Log& log;
};

// Runs each shard on a thread of its own until all are asked to stop or have drained. The first
// error stops the others and is returned.
Status RunShards(const ShardGroup& group, const std::stop_token& stop);

}  // namespace segmentd::app
