#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace segmentd {

// An integer with a meaning: a Partition is not an Offset. Arithmetic is on value(), in the open.
template <typename Representation, typename Tag>
class Named {
 public:
  constexpr Named() = default;
  constexpr explicit Named(Representation value) : value_(value) {}
  constexpr Representation value() const { return value_; }
  constexpr auto operator<=>(const Named&) const = default;

 private:
  Representation value_{};
};

using Partition = Named<std::int32_t, struct PartitionTag>;
using Offset = Named<std::int64_t, struct OffsetTag>;
// A segment's permanent number; 0 is "no segment". Written "seg-7" in events.
using SegmentId = Named<std::uint32_t, struct SegmentIdTag>;

constexpr Offset Next(Offset offset) { return Offset{offset.value() + 1}; }

// Instants and durations are int64 milliseconds since 1970 UTC, in names that end in _ms.
constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kDayMs = 86'400 * kSecondMs;

// Rounds towards minus infinity, so that instants before 1970 fall into the right bucket.
constexpr std::int64_t FloorDiv(std::int64_t value, std::int64_t divisor) {
  const std::int64_t quotient = value / divisor;
  return quotient - ((value % divisor != 0) && ((value < 0) != (divisor < 0)));
}

}  // namespace segmentd

template <typename Representation, typename Tag>
struct std::hash<segmentd::Named<Representation, Tag>> {
  std::size_t operator()(segmentd::Named<Representation, Tag> id) const {
    return std::hash<Representation>{}(id.value());
  }
};
