#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "segmentd/base/ids.h"
#include "segmentd/event/raw_record.h"

namespace segmentd::pipeline {

// The topics that segmentd writes; their names come from the configuration.
enum class Topic : std::uint8_t {
  kSegmentChanged,
  kCustomerState,
  kAtRisk,
  kDlq,
  kChangelog,
  kControl,
  kRekeyed,  // of no name unless input.rekey is set
  kSamples   // of no name unless learning is enabled
};
inline constexpr int kTopics = 8;

using OutHeader = event::Header;

// The headers of one record in their order, all in one piece of memory: a change has ten, and a
// string for each name and value would cost more than the rest of it. Views end with the next Add.
class OutHeaders {
 public:
  OutHeaders() = default;
  OutHeaders(std::initializer_list<OutHeader> headers);

  void Add(std::string_view name, std::string_view value);
  void Reserve(std::size_t bytes) { bytes_.reserve(bytes); }

  class Iterator {
   public:
    explicit Iterator(const char* at) : at_(at) {}
    OutHeader operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator&) const = default;

   private:
    const char* at_;
  };
  Iterator begin() const { return Iterator(bytes_.data()); }
  Iterator end() const { return Iterator(bytes_.data() + bytes_.size()); }

 private:
  std::string bytes_;  // of each header both sizes, the name, the value
};

// One record to be written, whole and final: the sink adds nothing but the transport. The partition
// is that of the input record that caused it.
struct OutRecord {
  Topic topic = Topic::kSegmentChanged;
  Partition partition;
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing: a tombstone
  OutHeaders headers;
  std::int64_t timestamp_ms = 0;  // 0: when it is sent
};

}  // namespace segmentd::pipeline
