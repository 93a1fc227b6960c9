#pragma once

#include <cstdint>
#include <optional>

#include "segmentd/base/clock.h"

namespace segmentd::runtime {

// How far wall time may move a partition's clock. That a partition is silent proves nothing: it may
// be slow, or held back. Only proofs count, each that at its instant there was nothing to read;
// when they have come in a row for the grace, event time has passed whatever is older than the
// grace. Wall time that jumps is not believed until it has stood for the grace.
class IdleClock {
 public:
  // grace_ms = 0: wall time never moves the clock.
  IdleClock(const Clock& clock, std::int64_t grace_ms) : clock_(clock), grace_ms_(grace_ms) {}

  // Something was read, or could not be: starts over.
  void Interrupt();
  // A proof is worth its cost.
  bool ProofDue() const;
  // There was nothing to read just now. Returns the instant that event time has passed, if any.
  std::optional<std::int64_t> Prove();
  // Proved for the whole grace.
  bool drained() const { return drained_; }

 private:
  std::int64_t NowMs() const { return clock_.MonotonicNs() / 1'000'000; }

  const Clock& clock_;
  std::int64_t grace_ms_;
  bool idle_ = false;
  bool drained_ = false;
  std::int64_t since_ms_ = 0;       // monotonic
  std::int64_t since_wall_ms_ = 0;  // the same instant by the wall
  std::int64_t proved_ms_ = 0;      // monotonic
};

}  // namespace segmentd::runtime
