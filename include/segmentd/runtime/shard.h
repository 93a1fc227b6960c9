#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "segmentd/base/clock.h"
#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/pipeline/pipeline.h"
#include "segmentd/ports/attempts.h"
#include "segmentd/ports/helpers.h"
#include "segmentd/ports/models.h"
#include "segmentd/ports/probe.h"
#include "segmentd/ports/sink.h"
#include "segmentd/ports/source.h"
#include "segmentd/ports/store.h"

namespace segmentd::runtime {

// What an operator has said may be lost or done twice, each for a refusal that would else stop the
// run.
struct Accepted {
  bool offset_reset = false;   // go on at the group's offset where somebody moved it
  bool input_gap = false;      // go on at what is left of an input whose records are gone
  bool new_input = false;      // read an input topic that was made anew from its beginning
  bool state_loss = false;     // begin with empty state where the changelog has lost it
  bool other_cluster = false;  // rebuild local state that is of another cluster
};

// A partition is stopped when more than this share of a window of its records is refused.
struct BreakerOptions {
  double share = 0.05;  // 1: never
  std::int64_t records = 10'000;
};

// What a restore gathers before it writes that to the store.
struct RestoreBatches {
  std::size_t bytes = 8 << 20;
  std::size_t load_min = 2'000;  // from so many customers on they are loaded
};

struct ShardOptions {
  std::string app;  // salts what is left of erased customers
  int shard = 0;
  int poll_records_max = 4096;
  std::int64_t commit_interval_ms = 250;
  std::int64_t change_within_ms = 20;  // a waiting change commits this early, unless input waits
  std::int64_t commit_records_max = 200'000;
  std::int64_t commit_bytes_max = 64 << 20;  // of uncommitted images
  // So many changed customers begin a commit, and so many that wait for the store a write: each is
  // a record to Kafka and a row, and a turn of the loop is to take tens of milliseconds at most.
  std::int64_t commit_customers_max = 15'000;
  // The same while due timers wait: each of their customers is three rows, for its timers as well.
  std::int64_t commit_customers_due_max = 6'000;
  std::int64_t cache_bytes_max = 256 << 20;  // of cached images; soft while a commit is open
  bool start_earliest = true;                // where input begins with no stored position
  bool until_drained = false;       // end when the input's end, taken at start, is committed
  bool state_every_commit = false;  // pipeline::StateEvery::kCommit
  std::int64_t idle_grace_ms = 0;   // drained for so long, wall time moves the clock; 0: never
  std::int64_t store_interval_ms = 30'000;       // how far the store may lag behind Kafka in time
  std::int64_t tombstones_kept_ms = 7 * kDayMs;  // delete.retention.ms of the changelog topic
  RestoreBatches restore_batches;
  Accepted accepted;
  BreakerOptions breaker;
  int resets_max = 5;  // producers lost to a fence within five minutes before the shard gives up
};

// The parts that one shard works with; all outlive it.
struct ShardParts {
  Clock& clock;
  ports::RecordSource& source;
  ports::Sink& sink;
  ports::Helpers& helpers;  // restore
  ports::StoreFactory& stores;
  ports::Probe& probe;
  pipeline::Pipeline& pipeline;
  ports::Models& models;
  ports::Attempts* attempts = nullptr;  // null: records that crash the process are not looked for
};

// One thread's loop: a consumer, a producer and the tasks of its partitions. Polls in batches,
// processes inline, commits by interval or size, and has one way to recover from every failure:
// drop what is not committed, a fresh producer, the stable offset, replay the changelog delta,
// resume.
class Shard {
 public:
  Shard(const ShardOptions& options, const ShardParts& parts);
  ~Shard();

  // Runs until asked to stop (commits and leaves the group first), until drained, or until an error
  // that a restart alone can mend: kStorage, kConfig, kNewer, kFatal.
  Status Run(std::stop_token stop);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::runtime
