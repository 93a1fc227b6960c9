#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/pipeline/partition_clock.h"

namespace segmentd::ports {

// How many customers are in each segment that has any.
using Members = std::map<SegmentId, std::uint64_t>;

// Where a partition's state stands: stored with it, in the same write, and as a record in the
// changelog.
struct TaskMeta {
  Offset transactions_next;  // first input offset not yet in the state
  Offset profiles_next;
  std::int64_t clock_ms = INT64_MIN;
  std::string model_version;  // that scores from there on; empty: none yet
  Offset changelog_next;      // in the store only: first changelog offset not yet in it
  std::int64_t written_wall_ms = 0;
  std::int64_t origin_ms = 0;  // when this line of state began: a changelog made anew has another
  std::string cluster;         // Kafka's id, in the store only; empty: not known
  std::string timer_rules;     // by which its timers were armed; in the store only
  // A transactions record in the state, the newest that was still there when it was looked at
  // again: by it a topic made anew is told. 0: none.
  Offset mark_offset;
  std::uint64_t mark_hash = 0;
  Offset control_next;
  std::uint64_t erasures = 0;  // customers ever erased: none, and nothing need be looked for
  pipeline::ModelSwitch model_switch;
  std::optional<Members> members;  // nothing: of a version that did not count them
  bool operator==(const TaskMeta&) const = default;
};

std::string EncodeMeta(const TaskMeta& meta);
Result<TaskMeta> DecodeMeta(std::string_view bytes);

// A customer to be looked at; timers are in order of deadline, then customer.
struct Timer {
  std::int64_t deadline_ms = 0;
  std::string customer_id;
  auto operator<=>(const Timer&) const = default;
};

// One store write: all of it or none.
struct StoreWrite {
  struct Item {
    std::string_view customer_id;
    std::optional<std::string_view> image;  // nothing: delete
  };
  std::span<const Item> items;  // ascending by customer_id, each once
  TaskMeta meta;
  std::span<const Timer> taken = {};  // timers to remove, then those to add; both ascending
  std::span<const Timer> armed = {};
};

// The local copy of one partition's committed state. Never ahead of Kafka, possibly behind.
// Errors: kStorage (disk, lock), kCorruption, kNewer.
class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual Result<std::optional<TaskMeta>> ReadMeta() = 0;
  // images[i] for ids[i]; an empty string where there is none. ids ascending.
  virtual Status Read(std::span<const std::string_view> ids, std::vector<std::string>& images) = 0;
  virtual Status Write(const StoreWrite& write) = 0;
  // As Write, sooner done with thousands of customers; takes no timers away. Whoever ends in the
  // midst of it may leave customers and armed timers without the meta record.
  virtual Status Load(const StoreWrite& write) { return Write(write); }
  // The first timers at or behind one, in order, at most timers_max; replaces timers.
  virtual Status ReadTimers(const Timer& from, std::size_t timers_max,
                            std::vector<Timer>& timers) = 0;
  // The first customers at or behind an id, ascending, at most ids_max; replaces ids.
  virtual Status ReadIds(std::string_view from, std::size_t ids_max,
                         std::vector<std::string>& ids) = 0;
  // How many timers there are, about.
  virtual std::int64_t CountTimers() = 0;
  // How it fares, about.
  struct Stats {
    std::int64_t bytes = 0;  // of its tables
    std::int64_t customers = 0;
    std::int64_t compaction_bytes = 0;  // waiting to be merged
    std::int64_t memtable_bytes = 0;    // not in tables yet
    std::int64_t errors = 0;            // of work in the background
    bool stopped = false;               // writes wait until the disk has caught up
  };
  virtual Stats Describe() { return {}; }
  using Visitor = std::function<Status(std::string_view customer_id, std::string_view image)>;
  // Every customer, ascending by id.
  virtual Status Scan(const Visitor& visit) = 0;
};

// Opens and destroys partitions' stores. Thread-safe.
class StoreFactory {
 public:
  virtual ~StoreFactory() = default;
  virtual Result<std::unique_ptr<StateStore>> Open(Partition partition) = 0;
  // Moves a store aside (corrupt, or of another topic) so that the next Open starts empty.
  // REQUIRES: it is not open.
  virtual Status Quarantine(Partition partition) = 0;
  // Of the disk; zeros where it cannot be asked.
  struct Space {
    std::int64_t free_bytes = 0;
    std::int64_t total_bytes = 0;
  };
  virtual Space DiskSpace() = 0;
};

}  // namespace segmentd::ports
