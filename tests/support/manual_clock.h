#pragma once

#include "segmentd/base/clock.h"

namespace segmentd::support {

// Stands still until told to move.
class ManualClock final : public Clock {
 public:
  std::int64_t WallMs() const override { return wall_ms_; }
  std::int64_t MonotonicNs() const override { return monotonic_ns_; }
  void AdvanceMs(std::int64_t ms) {
    wall_ms_ += ms;
    monotonic_ns_ += ms * 1'000'000;
  }
  // As when somebody sets the machine's clock.
  void JumpMs(std::int64_t ms) { wall_ms_ += ms; }

 private:
  std::int64_t wall_ms_ = 1'800'000'000'000;  // 2027-01-15
  std::int64_t monotonic_ns_ = 1'000'000'000;
};

}  // namespace segmentd::support
