#include "runtime/start_position.h"

#include <algorithm>

namespace segmentd::runtime {
namespace {

// Of a table, and of requests, which are kept for days.
Offset TableStart(const StartFacts& facts) {
  const Offset known = facts.state.value_or(facts.range.low);
  return std::clamp(known, facts.range.low, std::max(facts.range.low, facts.range.end));
}

// Where state and group say that reading stood; nothing: nowhere yet.
Result<std::optional<Offset>> Known(const StartFacts& facts) {
  if (!facts.committed) return facts.state;
  if (!facts.state) {
    if (facts.accepted.state_loss) return facts.committed;
    return Fail(Code::kConfig,
                "the group has the position {} and the changelog none: it was deleted, "
                "and the state with it. Bring the topic back, start a new app to read the input "
                "again, or go on there with empty state by --accept state-loss",
                facts.committed->value());
  }
  if (facts.accepted.offset_reset) return facts.committed;
  if (*facts.committed > *facts.state) {
    return Fail(
        Code::kConfig,
        "the group's committed offset {} is ahead of the state's {}: it was "
        "moved by hand, and going on would skip {} records. Set the group back to {}, start "
        "a new app, or accept that by --accept offset-reset",
        facts.committed->value(), facts.state->value(),
        facts.committed->value() - facts.state->value(), facts.state->value());
  }
  return facts.state;
}

}  // namespace

Result<Offset> StartPosition(const StartFacts& facts) {
  if (facts.input.source != event::Source::kTransactions) return TableStart(facts);
  SEGMENTD_ASSIGN_OR_RETURN(const std::optional<Offset> known, Known(facts));
  if (!known) return facts.start_earliest ? facts.range.low : facts.range.end;
  if (facts.made_anew || *known > facts.range.end) {
    if (facts.accepted.new_input) return facts.range.low;
    return Fail(Code::kConfig,
                "the input topic is not the one that was read up to offset {}: was it "
                "deleted and made anew? Start a new app for a new topic, or read it into the state "
                "that is there, from its beginning, by --accept new-input",
                known->value());
  }
  if (*known < facts.range.low) {
    if (facts.accepted.input_gap) return facts.range.low;
    return Fail(
        Code::kConfig,
        "the next record to read, offset {}, is no longer in the topic, which "
        "begins at {}: {} records were deleted unread. Raise the topic's retention, and start a "
        "new app or go on at what is left by --accept input-gap",
        known->value(), facts.range.low.value(), facts.range.low.value() - known->value());
  }
  return *known;
}

}  // namespace segmentd::runtime
