#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "segmentd/base/ids.h"
#include "segmentd/segment/explanation.h"

namespace segmentd::pipeline {

// Everything that a change event says, before it is JSON or Protobuf. Views end with the batch.
struct Cause {
  enum class Kind : std::uint8_t { kRecord, kModel };
  Kind kind = Kind::kRecord;
  std::string_view topic;
  Partition partition;
  Offset offset;
  std::int64_t event_time_ms = 0;
  std::string_view model_version;
};

struct Membership {
  SegmentId id;
  std::string_view name;
  std::int64_t since_ms = 0;
  int activity = 0;
};

struct ChangeFacts {
  std::string_view customer_id;
  std::string_view change;  // entered | moved | exited
  std::string_view reason;
  std::int64_t as_of_ms = 0;
  std::uint64_t ordinal = 0;
  std::optional<Membership> previous;
  std::optional<Membership> current;
  segment::Explanation explanation;
  std::span<const std::string> features;
  std::span<const std::string> typical_previous;  // of the features, as JSON; empty: none
  std::span<const std::string> typical_current;
  double margin = 0;
  double distance_current = 0;
  std::optional<double> distance_previous;
  std::string_view model_version;
  int k = 0;
  std::string_view embedding;
  Cause cause;
};

struct StateFacts {
  std::string_view customer_id;
  std::optional<Membership> segment;
  std::uint64_t ordinal = 0;
  std::int64_t as_of_ms = 0;
  std::int64_t last_event_ms = 0;
  std::string_view model_version;  // empty: none
  std::span<const std::string> features;
  std::span<const std::string> feature_keys;  // the same as JsonKey has them
  std::span<const double> values;             // NaN: missing
};

std::string ChangeJson(const ChangeFacts& facts);
std::string ChangeProto(const ChangeFacts& facts);
std::string StateJson(const StateFacts& facts);
std::string StateProto(const StateFacts& facts);

}  // namespace segmentd::pipeline
