#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "segmentd/base/ids.h"

namespace segmentd::event {

struct Header {
  std::string_view name;
  std::string_view value;  // of no data (nullptr): null, which Kafka tells from empty
};

// Which topic a record came from: one of the two inputs, or the requests of `control`.
enum class Source : std::uint8_t { kTransactions, kProfiles, kControl };
inline constexpr std::size_t kSources = 3;

// A record as the broker handed it over. All views belong to whoever polled it and end with its
// batch.
struct RawRecord {
  Source source = Source::kTransactions;
  Partition partition;
  Offset offset;
  std::int64_t timestamp_ms = 0;
  // The timestamp is the broker's append time; otherwise the producer's, which proves nothing.
  bool append_time = false;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::span<const Header> headers;
};

// Tells a record from another at the same place of a topic that was made anew. Never 0.
std::uint64_t Mark(const RawRecord& record);

}  // namespace segmentd::event
