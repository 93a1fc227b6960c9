#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "segmentd/base/clock.h"
#include "segmentd/ports/changelog.h"
#include "segmentd/ports/store.h"
#include "segmentd/runtime/shard.h"
#include "segmentd/runtime/timer_index.h"

namespace segmentd::runtime {

// Brings one partition's store up to the changelog's end, in bounded slices: Open, then Start, then
// Advance until it is done. A call that failed with kRetry is made again. Nothing of it depends on
// the loop that drives it.
class Restorer {
 public:
  struct Parts {
    const Clock& clock;
    ports::StoreFactory& stores;
    std::int64_t tombstones_kept_ms;
    // When a stored customer is to be looked at next; kNever: not at all.
    std::function<Result<std::int64_t>(std::string_view image)> pending_ms;
    std::string timer_rules;  // what that goes by
    std::string cluster;      // Kafka's id; empty: not known
    bool accept_other_cluster = false;
    RestoreBatches batches = {};
  };

  // store: the partition's when it is open already, else null.
  Restorer(Partition partition, const Parts& parts, std::unique_ptr<ports::StateStore> store);

  // Opens the store unless it is open; a corrupt one is moved aside and replaced by an empty one.
  Status Open();
  // Moves the store aside, whatever it holds, and opens an empty one. REQUIRES: it is not open.
  Status Rebuild();
  // Takes the changelog's range and decides from where to replay it. kConfig: the store is of
  // another cluster. REQUIRES: the group's stable committed offset was taken before, or what was
  // committed in between could be missed.
  Status Start(ports::ChangelogReader& changelog);
  // Replays one slice; true when the end is reached and the store has it all. kCorruption: the
  // store and the changelog do not belong together.
  Result<bool> Advance(ports::ChangelogReader& changelog);

  std::int64_t remaining() const { return end_.value() - next_.value(); }
  std::uint64_t restored() const { return restored_; }
  // Why the store was thrown away, for a person; empty when it was not.
  const std::string& discarded() const { return discarded_; }

  // After Advance returned true.
  std::unique_ptr<ports::StateStore> TakeStore() { return std::move(store_); }
  // Opened already: the first read may pass over many deletions, and takes its time.
  TimerIndex TakeTimers() { return std::move(timers_); }
  // Where the state stands: of the newest commit. Nothing: there was never one.
  const std::optional<ports::TaskMeta>& meta() const { return meta_; }
  Offset changelog_next() const { return end_; }

 private:
  // Of a customer; the bytes of all stand in bytes_.
  struct Change {
    std::size_t at = 0;
    std::size_t id_size = 0;
    std::optional<std::size_t> image_size;  // nothing: deleted
  };

  Result<bool> IsOfOtherCluster(const ports::TaskMeta& stored) const;
  std::string ReasonToDiscard(const ports::TaskMeta& stored) const;
  Status TakeMeta(Offset offset, std::string_view bytes);
  Status Discard(std::string reason);
  Status Visit(Offset offset, std::string_view key, const std::string_view* value);
  void AddChange(std::string_view customer_id, const std::string_view* image);
  std::string_view IdOf(const Change& change) const;
  std::vector<ports::StoreWrite::Item> TakeChanges();
  Status WriteOut();
  Status ArmKept();
  Result<std::vector<ports::Timer>> TimersOf(std::span<const ports::StoreWrite::Item> items) const;
  Status AddTimer(std::string_view customer_id, std::string_view image,
                  std::vector<ports::Timer>& timers) const;
  Status Finish();

  Partition partition_;
  Parts parts_;
  std::unique_ptr<ports::StateStore> store_;
  TimerIndex timers_;
  Offset low_;
  Offset next_;
  Offset end_;
  std::optional<ports::TaskMeta> meta_;
  std::vector<Change> changes_;  // in changelog order
  std::string bytes_;
  bool begun_ = false;  // the store has a meta record, so that its age is known
  bool done_ = false;
  bool changed_ = false;  // the store does not yet have meta_
  bool kept_ = false;     // the store had customers as of a position
  bool swept_ = false;    // behind that a model has come to them
  std::uint64_t restored_ = 0;
  std::string discarded_;
};

}  // namespace segmentd::runtime
