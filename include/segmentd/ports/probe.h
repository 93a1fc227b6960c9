#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/pipeline/pipeline.h"
#include "segmentd/pipeline/step.h"
#include "segmentd/ports/store.h"

namespace segmentd::ports {

// DO NOT reorder: shown by name on /statusz and as a metric label.
enum class TaskState : std::uint8_t {
  kOpening,
  kFencing,
  kRestoring,
  kRunning,
  kRevoking,
  kParked,
  kFailed
};
inline constexpr int kTaskStates = 7;
std::string_view TaskStateName(TaskState state);  // "restoring"

struct PartitionStatus {
  Partition partition;
  TaskState state = TaskState::kOpening;
  std::int64_t state_since_ms = 0;   // wall
  double state_s = 0;                // the same as an age, by the monotonic clock
  double still_s = 0;                // for how long it has come no further on its way to running
  bool overdue = false;              // that is longer than it ought to be
  Offset position;                   // next transactions offset to read
  std::int64_t lag_records = -1;     // -1: not known yet
  double lag_seconds = 0;            // 0 when drained
  double held_back_s = 0;            // for how long a transaction upstream has held input back
  std::int64_t last_record_ms = -1;  // the broker's time of the newest record processed; -1: none
  std::int64_t clock_ms = INT64_MIN;
  std::string model_version;               // that scores it; empty: none
  std::optional<Members> members;          // as committed, once it runs; nothing: not known
  bool sweeping = false;                   // customers are on their way to it
  bool drained = false;                    // proved, for idle_grace: wall time moves the clock
  std::int64_t timers = 0;                 // armed, about
  std::int64_t next_timer_ms = INT64_MAX;  // the first of them
  std::int64_t restore_remaining = 0;      // changelog offsets still to read
  std::uint64_t restored = 0;
  double restore_eta_s = -1;         // at the rate until now; -1: not known yet
  std::uint64_t restore_stalls = 0;  // replays begun again because they stood still
  std::uint64_t restores = 0;        // that came to their end
  double restore_s = 0;              // how long the last of them took
  StateStore::Stats store;           // once it runs
  double store_age_s = 0;            // how far the store is behind what is committed
  std::string problem;               // why it is not running, for a person
};

// Errors by what was done about them, and ownership lost; since the start.
struct Troubles {
  std::uint64_t retried = 0;
  std::uint64_t aborted = 0;
  std::uint64_t fenced = 0;       // producers given up
  std::uint64_t ended = 0;        // the run
  std::uint64_t lost = 0;         // partitions, before they could be given up in order
  std::uint64_t revocations = 0;  // and
  double revoked_s = 0;           // how long they took together
};

// One transaction's phases, in seconds; taken out by whoever observes histograms.
struct CommitSample {
  double produce_s = 0;
  double end_s = 0;
  double store_s = 0;
  double event_latency_s = -1;  // newest event's broker timestamp to commit; -1: none
  double event_skew_s = -1;     // newest accepted event's own time to commit; -1: none
  double timer_latency_s = -1;  // oldest deadline that something came of to commit; -1: none
  std::array<double, pipeline::kSteps> step_s{};  // of all batches in it, by pipeline::Step
};

// What a shard tells the outside, as plain numbers. The shard fills one and hands a copy over after
// each commit; readers never reach into the shard.
struct ShardStatus {
  int shard = 0;
  bool joined = false;
  std::int64_t tick_ms = 0;  // wall time of the last loop turn
  std::int64_t last_commit_ms = 0;
  std::string problem;  // "broker ... cannot be reached", empty when all is well
  std::vector<PartitionStatus> partitions;
  pipeline::Counts counts;  // since start
  std::uint64_t commits = 0;
  std::uint64_t aborts = 0;
  std::uint64_t producer_resets = 0;
  std::uint64_t rebalances = 0;
  Troubles troubles;
  std::int64_t disk_free_bytes = -1;    // where the state lies; -1: not known
  std::int64_t uncommitted_bytes = 0;   // of customers
  std::int64_t rekey_lag_records = -1;  // of the stage before the shards; -1: it is none
  std::uint64_t cached_customers = 0;
  std::uint64_t cached_bytes = 0;
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
};

// Receives what shards report. Implementations are thread-safe and quick.
class Probe {
 public:
  virtual ~Probe() = default;
  virtual void OnStatus(const ShardStatus& status) = 0;
  virtual void OnCommit(int shard, const CommitSample& sample) = 0;
  virtual void OnChanges(std::span<const pipeline::ChangeNote> changes) = 0;
  virtual void OnAlerts(std::span<const pipeline::AlertNote> alerts) { static_cast<void>(alerts); }
};

}  // namespace segmentd::ports
