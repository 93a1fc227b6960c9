#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "segmentd/base/clock.h"
#include "segmentd/base/result.h"
#include "segmentd/pipeline/rekey.h"
#include "segmentd/ports/probe.h"
#include "segmentd/ports/sink.h"
#include "segmentd/ports/source.h"
#include "segmentd/runtime/shard.h"

namespace segmentd::runtime {

// What the stage works with; all outlive it. The source is a member of a group of its own, the sink
// a producer of a name of its own.
struct RekeyerParts {
  Clock& clock;
  ports::RecordSource& source;
  ports::Sink& sink;
  ports::Probe& probe;
  pipeline::Rekey& rekey;
};

// The stage before the shards with input.rekey: copies the transactions topic into the internal one
// that the shards read, keyed by customer, exactly once. One thread's loop. It has no state but the
// group's offsets, which are committed in the transaction with the copies; so its one recovery is
// to go on from there with a fresh producer.
class Rekeyer {
 public:
  // Of the shard's options those of polling, committing, starting, draining and the breaker count.
  // In reports it is the shard of that number.
  Rekeyer(const ShardOptions& options, const RekeyerParts& parts);
  ~Rekeyer();

  // As Shard::Run; drained: the group has committed the input's end.
  Status Run(std::stop_token stop);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::runtime
