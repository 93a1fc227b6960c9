#pragma once

#include <cstdint>

namespace segmentd {

// The only source of time outside events. Runtime and adapters take one; the pure modules never do.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970 UTC; may jump.
  virtual std::int64_t WallMs() const = 0;
  // Nanoseconds from an arbitrary start; never goes back.
  virtual std::int64_t MonotonicNs() const = 0;
};

class SystemClock final : public Clock {
 public:
  std::int64_t WallMs() const override;
  std::int64_t MonotonicNs() const override;
};

}  // namespace segmentd
