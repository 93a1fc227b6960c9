#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/mutex.h"
#include "segmentd/ports/probe.h"
#include "segmentd/train/live_trainer.h"

namespace segmentd::app {

// What the daemon knows of itself beyond what its shards report.
struct Overview {
  std::string app;
  std::string instance;
  std::string model_version;  // that is to score; empty: no model yet, state only
  std::string model_problem;  // why it is not the one that was published, for a person
  int shards = 1;
  std::int64_t started_ms = 0;
  bool topics_verified = false;
  std::string waiting_for;                   // what the start waits for, for a person
  std::optional<train::LiveStatus> trainer;  // where this process trains
  bool stopping = false;
  std::set<int> ended;                // shards that have nothing left to do
  std::map<int, std::int64_t> still;  // shards whose loops stand still, by how many ms
};

// The Overview, shared between the daemon and the probes. Thread-safe.
class SharedOverview {
 public:
  explicit SharedOverview(Overview overview) : overview_(std::move(overview)) {}

  Overview Get() const {
    const MutexLock lock(mutex_);
    return overview_;
  }
  template <typename Change>
  void Update(Change change) {
    const MutexLock lock(mutex_);
    change(overview_);
  }

 private:
  mutable Mutex mutex_;
  Overview overview_ SEGMENTD_GUARDED_BY(mutex_);
};

// What is said of a loop that stands still.
std::string DescribeStill(std::int64_t for_ms);

// starting | restoring | catching_up | running | draining
std::string_view Phase(const Overview& overview, std::span<const ports::ShardStatus> shards);

// Why the daemon is not ready, each for a person; none: it is.
std::vector<std::string> ReasonsNotReady(const Overview& overview,
                                         std::span<const ports::ShardStatus> shards);

// Whether every shard's loop has turned lately. Never about Kafka: a restart would not mend that.
bool IsAlive(const Overview& overview, std::span<const ports::ShardStatus> shards,
             std::int64_t now_ms);

std::string ReadyJson(const Overview& overview, std::span<const ports::ShardStatus> shards);
std::string StatusJson(const Overview& overview, std::span<const ports::ShardStatus> shards,
                       std::int64_t now_ms);

}  // namespace segmentd::app
