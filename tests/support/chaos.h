#pragma once

#include <cstdint>
#include <functional>

#include "segmentd/base/random.h"
#include "segmentd/base/result.h"

namespace segmentd::support {

// Thrown out of a port call, through the shard, to end its process there and then.
struct Crash {};

// Every port call of the fakes passes here, those with an effect both before and after it.
enum class Call {
  kPoll,
  kCommitted,
  kQueryRange,
  kPartitionCounts,
  kMarkAt,
  kStartAt,
  kReset,
  kAfterReset,
  kBegin,
  kSend,
  kSendOffsets,
  kAfterSendOffsets,
  kCommit,
  kAfterCommit,
  kAbort,
  kAfterAbort,
  kChangelogRange,
  kReplay,
  kOpenStore,
  kReadStore,
  kWriteStore,
  kAfterWriteStore,
};

// Decides by a seed what goes wrong. Quiet by default.
class Chaos {
 public:
  struct Rates {
    double crash = 0;
    double retry = 0;
    double abort = 0;
    double fence = 0;
    double corrupt = 0;
  };

  Chaos() : random_(0) {}
  Chaos(std::uint64_t seed, const Rates& rates) : rates_(rates), random_(seed) {}

  // May throw Crash; an error is one that the port may return there.
  Status At(Call call);
  // Ends the run at the n-th port call from now, whatever the rates.
  void CrashAt(std::int64_t calls) { crash_in_ = calls; }
  // Sees each call first; for schedules and for tests that aim.
  void Watch(std::function<Status(Call)> watcher) { watcher_ = std::move(watcher); }
  std::int64_t calls() const { return calls_; }
  Random& random() { return random_; }

 private:
  Rates rates_;
  Random random_;
  std::int64_t calls_ = 0;
  std::int64_t crash_in_ = -1;
  std::function<Status(Call)> watcher_;
};

}  // namespace segmentd::support
