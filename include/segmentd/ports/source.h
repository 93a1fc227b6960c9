#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/event/raw_record.h"

namespace segmentd::ports {

// A partition of one of the two input topics.
struct InputPartition {
  event::Source source = event::Source::kTransactions;
  Partition partition;
  auto operator<=>(const InputPartition&) const = default;
};

struct InputPosition {
  InputPartition input;
  Offset next;  // the first offset not yet read
};

// Told of changes of ownership from inside Poll, on the polling thread, before and not after they
// take effect: what must be committed under the old ownership is committed here.
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  // The partitions start paused at no position; the listener seeks and resumes them when ready.
  virtual void OnAssigned(std::span<const InputPartition> partitions) = 0;
  // lost: ownership is gone already, nothing may be committed.
  virtual void OnRevoked(std::span<const InputPartition> partitions, bool lost) = 0;
};

// One member of the consumer group. One thread.
class RecordSource {
 public:
  virtual ~RecordSource() = default;

  // Joins the group. Ownership arrives through the listener during Poll.
  virtual Status Subscribe(RebalanceListener& listener) = 0;

  // Waits up to max_wait_ms for records and returns those at hand, at most records_max, in offset
  // order per partition. They are valid until the next Poll or Close. kRetry: the broker is away or
  // a topic is missing (the message says which and what to do), poll again later.
  virtual Result<std::span<const event::RawRecord>> Poll(std::int64_t max_wait_ms,
                                                         int records_max) = 0;

  // The group's stable committed offset of each partition; nothing where there is none. Waits for
  // offsets pending in a transaction.
  virtual Result<std::vector<std::optional<Offset>>> Committed(
      std::span<const InputPartition> partitions) = 0;

  // Starts reading an assigned partition at an offset.
  virtual Status StartAt(const InputPartition& partition, Offset next) = 0;
  // Reads no more of it until it is started again.
  virtual void Stop(const InputPartition& partition) = 0;

  struct Range {
    Offset low;  // the oldest retained
    Offset end;  // one past the newest that a read_committed reader may see
  };
  // Asks the broker.
  virtual Result<Range> QueryRange(const InputPartition& partition) = 0;
  // As of the last fetch; end is -1 before the first. Costs nothing.
  virtual Range CachedRange(const InputPartition& partition) = 0;
  // Whether there is nothing in the partition at or behind an offset, open transactions included.
  // Asks the broker.
  virtual Result<bool> Drained(const InputPartition& partition, Offset next) = 0;
  // Where reading stands when that is past the records handed out: transaction markers take offsets
  // that no record shows, so only this reaches a range's end. Nothing: no more is known than the
  // records say.
  virtual std::optional<Offset> Position(const InputPartition& partition) {
    static_cast<void>(partition);
    return std::nullopt;
  }

  // Whether there is more behind where reading stands that may not be read yet, for a transaction
  // upstream is open. As of the last fetch; costs nothing.
  virtual bool HeldBack(const InputPartition& partition) {
    static_cast<void>(partition);
    return false;
  }

  // Number of partitions of each input topic (0: not configured). kRetry: missing or broker away.
  struct Counts {
    int transactions = 0;
    int profiles = 0;
    std::string cluster;  // Kafka's id; empty: not known
  };
  virtual Result<Counts> PartitionCounts() = 0;

  // event::Mark of the record at an offset; nothing where there is none (any more).
  virtual Result<std::optional<std::uint64_t>> MarkAt(const InputPartition& partition,
                                                      Offset offset) = 0;

  // Leaves the group; revocation reaches the listener before this returns.
  virtual void Close() = 0;
};

}  // namespace segmentd::ports
