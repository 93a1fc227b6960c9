#include "segmentd/segment/decision.h"

#include <algorithm>
#include <limits>

#include "segmentd/base/assert.h"

namespace segmentd::segment {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr float kNoDistance = std::numeric_limits<float>::quiet_NaN();

// The first of the least distances, except that of `skip`; kNone when nothing else is there.
std::size_t NearestExcept(std::span<const float> distances, std::size_t skip) {
  std::size_t nearest = kNone;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    if (i != skip && (nearest == kNone || distances[i] < distances[nearest])) nearest = i;
  }
  return nearest;
}

std::size_t IndexOf(std::span<const SegmentId> ids, SegmentId id) {
  const auto at = std::lower_bound(ids.begin(), ids.end(), id);
  return at == ids.end() || *at != id ? kNone : static_cast<std::size_t>(at - ids.begin());
}

void ForgetCandidate(State& state) {
  state.candidate = SegmentId{};
  state.candidate_count = 0;
}

// Whether `nearest` has won over the current segment; counts it as candidate while it has not.
bool Wins(SegmentId nearest, float distance, float distance_current, const Hysteresis& hysteresis,
          State& state) {
  if (distance < hysteresis.clear_jump * distance_current) return true;
  if (!(distance < (1 - hysteresis.margin) * distance_current)) {
    ForgetCandidate(state);
    return false;
  }
  if (state.candidate != nearest) {
    state.candidate = nearest;
    state.candidate_count = 0;
  }
  if (state.candidate_count < std::numeric_limits<std::uint8_t>::max()) ++state.candidate_count;
  return state.candidate_count >= hysteresis.dwell;
}

}  // namespace

Decision Decide(std::span<const SegmentId> ids, std::span<const float> distances,
                const Hysteresis& hysteresis, std::int64_t as_of_ms, State& state) {
  SEGMENTD_ASSERT(!ids.empty() && ids.size() == distances.size(), "one distance per segment");
  const std::size_t nearest = NearestExcept(distances, kNone);
  const std::size_t second = NearestExcept(distances, nearest);
  const std::size_t current = IndexOf(ids, state.current);

  Decision decision;
  decision.previous = state.current;
  decision.margin = 1;
  if (second != kNone) {
    const float room = distances[second] - distances[nearest];
    decision.margin = distances[second] > 0 ? room / distances[second] : 0;
  }

  if (current == kNone) {
    decision.changed = true;
  } else if (distances[nearest] < distances[current]) {
    decision.changed =
        Wins(ids[nearest], distances[nearest], distances[current], hysteresis, state);
    decision.suppressed = !decision.changed;
  } else {
    ForgetCandidate(state);
  }

  if (decision.changed) {
    state.current = ids[nearest];
    state.since_ms = as_of_ms;
    ForgetCandidate(state);
  }
  const std::size_t held = decision.changed ? nearest : current;
  const std::size_t other = decision.changed ? current : NearestExcept(distances, current);
  decision.current = ids[held];
  decision.distance_current = distances[held];
  decision.distance_previous = other == kNone ? kNoDistance : distances[other];
  return decision;
}

}  // namespace segmentd::segment
