#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/pipeline/scores.h"
#include "segmentd/risk/next_category.h"
#include "segmentd/segment/explanation.h"

namespace segmentd::pipeline {

// Everything that a change event says, before it is JSON or Protobuf. Views end with the batch.
struct Cause {
  enum class Kind : std::uint8_t { kRecord, kTimer, kModel, kRequest };
  Kind kind = Kind::kRecord;
  std::string_view topic;
  Partition partition;
  Offset offset;
  std::int64_t event_time_ms = 0;
  std::int64_t due_ms = 0;
  std::string_view model_version;
  std::string_view request;
};

struct Membership {
  SegmentId id;
  std::string_view name;
  std::int64_t since_ms = 0;
  int activity = 0;
};

// Where the customer's risk stands after a decision.
struct RiskFacts {
  std::string_view state = "none";  // | at_risk | lapsed
  bool crossed = false;             // by this decision
  std::optional<Scores> scores;     // nothing: the model has no parameters, or nothing was bought
};

// Why the customer is now in the segment.
struct Judgement {
  segment::Explanation explanation;
  std::span<const std::string> typical_previous;  // of the features, as JSON; empty: none
  std::span<const std::string> typical_current;
  double margin = 0;
  double distance_current = 0;
  std::optional<double> distance_previous;
  RiskFacts risk;
};

struct ChangeFacts {
  std::string_view customer_id;
  std::string_view change;  // entered | moved | exited
  std::string_view reason;
  std::int64_t as_of_ms = 0;
  std::uint64_t ordinal = 0;
  std::optional<Membership> previous;
  std::optional<Membership> current;
  std::optional<Judgement> judgement;  // nothing: an exit
  std::span<const std::string> features;
  std::string_view model_version;
  int k = 0;
  std::string_view embedding;
  Cause cause;
};

struct AlertFacts {
  std::string_view customer_id;
  std::string_view state;  // at_risk | lapsed | recovered
  std::string_view reason;
  std::int64_t as_of_ms = 0;
  std::uint64_t risk_ordinal = 0;
  Scores scores;
  double idle_days = 0;
  double usual_gap_days = 0;  // NaN: not known
  SegmentId segment;
  std::string_view segment_name;
  std::string text;
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
  RiskFacts risk;
  std::vector<risk::NextCategory> next_categories;  // told with the scores
  std::string_view model_version;                   // empty: none
  std::span<const std::string> features;
  std::span<const std::string> feature_keys;  // the same as JsonKey has them
  std::span<const double> values;             // NaN: missing
};

std::string ChangeJson(const ChangeFacts& facts);
std::string ChangeProto(const ChangeFacts& facts);
std::string AlertJson(const AlertFacts& facts);
std::string AlertProto(const AlertFacts& facts);
std::string StateJson(const StateFacts& facts);
std::string StateProto(const StateFacts& facts);

}  // namespace segmentd::pipeline
