#pragma once

#include <map>
#include <string>

#include "runtime/breaker.h"
#include "runtime/drain.h"
#include "runtime/resets.h"
#include "runtime/transaction.h"
#include "segmentd/runtime/rekeyer.h"

namespace segmentd::runtime {

// One turn of the loop: settle the transaction, start what is not read yet, poll, copy, commit when
// due. What fails comes to Handle, which recovers or ends the run.
struct Rekeyer::Body final : ports::RebalanceListener {
  struct Input {
    explicit Input(const BreakerOptions& options) : breaker(options) {}
    bool started = false;
    bool dirty = false;
    Offset next;
    Breaker breaker;
    std::string verdict;  // of the breaker: nothing more is read
  };

  struct Read {
    Offset offset;
    std::uint64_t mark = 0;
  };

  Body(const ShardOptions& shard_options, const RekeyerParts& rekeyer_parts);

  Status Run(const std::stop_token& stop);
  Status Turn();
  Status Prepare();
  Status LearnCounts();
  Status StartInputs();
  Status Receive(std::span<const event::RawRecord> polled);
  Status Send();
  void SkipMarkers();
  bool CommitDue() const;
  Status Commit();
  Status WatchDrain();
  std::string Halted() const;
  Status Later(const Error& error);
  Status Handle(const Error& error);
  void Recover(const Error& error);
  bool Dirty() const;
  void NoteDirty();
  std::int64_t WaitMs() const;
  void Report();
  std::int64_t NowMs() const { return parts.clock.MonotonicNs() / 1'000'000; }

  void OnAssigned(std::span<const ports::InputPartition> assigned) override;
  void OnRevoked(std::span<const ports::InputPartition> revoked, bool lost) override;

  const ShardOptions options;
  const RekeyerParts parts;
  Transaction transaction;
  Resets resets;
  Drain drain;
  ports::ShardStatus status;
  std::map<Partition, Input> inputs;
  std::map<Partition, Read> newest;  // by which an input made anew is told
  int partitions = 0;                // of the input, and of the copy
  bool subscribed = false;
  bool behind = false;   // the last poll was full: more records wait
  bool closing = false;  // after an error: write nothing more
  Status deferred;       // an error out of a rebalance callback

  // Of the open transaction.
  std::int64_t dirty_since_ms = -1;
  std::int64_t records = 0;
  pipeline::Counts pending;

  std::int64_t reported_ms = 0;
  pipeline::Effects effects;  // reused
};

}  // namespace segmentd::runtime
