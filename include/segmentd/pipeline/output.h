#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/ids.h"

namespace segmentd::pipeline {

// The topics that segmentd writes; their names come from the configuration.
enum class Topic : std::uint8_t { kSegmentChanged, kCustomerState, kAtRisk, kDlq, kChangelog };
inline constexpr int kTopics = 5;

struct OutHeader {
  std::string name;
  std::string value;
};

// One record to be written, whole and final: the sink adds nothing but the transport. The partition
// is that of the input record that caused it.
struct OutRecord {
  Topic topic = Topic::kSegmentChanged;
  Partition partition;
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing: a tombstone
  std::vector<OutHeader> headers;
};

}  // namespace segmentd::pipeline
