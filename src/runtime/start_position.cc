#include "runtime/start_position.h"

#include <algorithm>

namespace segmentd::runtime {
namespace {

Offset ProfilesStart(const StartFacts& facts) {
  const Offset known = facts.state.value_or(facts.range.low);
  return std::clamp(known, facts.range.low, std::max(facts.range.low, facts.range.end));
}

}  // namespace

Result<Offset> StartPosition(const StartFacts& facts) {
  if (facts.input.source == event::Source::kProfiles) return ProfilesStart(facts);
  const int partition = facts.input.partition.value();
  if (facts.state && facts.committed && *facts.committed > *facts.state) {
    return Fail(Code::kConfig,
                "partition {}: the group's committed offset {} is ahead of the state's {}: it was "
                "moved by hand, and going on would skip {} records. Set the group back to {}, or "
                "start a new app",
                partition, facts.committed->value(), facts.state->value(),
                facts.committed->value() - facts.state->value(), facts.state->value());
  }
  const std::optional<Offset> known = facts.state ? facts.state : facts.committed;
  if (!known) return facts.start_earliest ? facts.range.low : facts.range.end;
  if (*known < facts.range.low) {
    return Fail(
        Code::kConfig,
        "partition {}: the next record to read, offset {}, is no longer in the topic, which "
        "begins at {}: {} records were deleted unread. Start a new app to begin at what is "
        "left, and raise the topic's retention",
        partition, known->value(), facts.range.low.value(),
        facts.range.low.value() - known->value());
  }
  if (*known > facts.range.end) {
    return Fail(Code::kConfig,
                "partition {}: the next record to read, offset {}, is past the topic's end {}: was "
                "the topic deleted and made anew? Start a new app for a new topic",
                partition, known->value(), facts.range.end.value());
  }
  return *known;
}

}  // namespace segmentd::runtime
