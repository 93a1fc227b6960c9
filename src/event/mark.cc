#include <array>
#include <cstring>

#include "segmentd/base/hash.h"
#include "segmentd/event/raw_record.h"

namespace segmentd::event {

std::uint64_t Mark(const RawRecord& record) {
  const std::array<std::uint64_t, 3> parts = {static_cast<std::uint64_t>(record.timestamp_ms),
                                              record.key ? Hash64(*record.key) : 0,
                                              record.value ? Hash64(*record.value) : 0};
  std::array<char, sizeof parts> bytes{};
  std::memcpy(bytes.data(), parts.data(), bytes.size());
  const std::uint64_t mark = Hash64({bytes.data(), bytes.size()});
  return mark == 0 ? 1 : mark;
}

}  // namespace segmentd::event
