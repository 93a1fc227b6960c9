#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "segmentd/base/bytes.h"
#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"

namespace segmentd::segment {

// What is remembered of a customer's segment between decisions. Part of the stored customer.
struct State {
  SegmentId current{};               // 0: none yet
  std::int64_t since_ms = 0;         // as_of of the change that led to current
  std::uint32_t model_sequence = 0;  // the model under which current was last changed
  SegmentId candidate{};             // waiting out its dwell; 0: none
  std::uint8_t candidate_count = 0;
  std::uint64_t ordinal = 0;  // of the last published change; 0: none
  std::uint64_t risk_ordinal = 0;
  std::uint8_t risk = 0;  // 0 none, 1 at risk, 2 lapsed
  // as_of of the last state record, where those are written once a period.
  std::optional<std::int64_t> written_ms = std::nullopt;
  // The partition's change of model that it has followed, while that sweeps over its customers; 0:
  // not told.
  std::uint64_t followed = 0;

  bool operator==(const State&) const = default;
};

void EncodeState(const State& state, ByteWriter& out);
Status DecodeState(ByteReader& in, State& state);

struct Hysteresis {
  float margin = 0.10F;      // switch only to what is nearer by this share
  float clear_jump = 0.50F;  // ... at once when nearer than this share of the current distance
  int dwell = 3;             // ... else after this many decisions in a row for the same candidate
};

struct Decision {
  bool changed = false;
  SegmentId previous;  // 0: none
  SegmentId current;
  float distance_current = 0;
  // To the segment left; of no change: to the nearest other. NaN where there is none.
  float distance_previous = 0;
  float margin = 0;         // (second - best) / second over all segments, 0..1
  bool suppressed = false;  // another segment is nearer, but hysteresis keeps the current one
};

// Takes one decision and updates current, since, candidate. distances[i] is to segment ids[i]; ties
// go to the smaller id; an unknown current (retired) is left at once. Pure: same inputs, same
// result. REQUIRES: ids not empty and ascending, same length as distances.
Decision Decide(std::span<const SegmentId> ids, std::span<const float> distances,
                const Hysteresis& hysteresis, std::int64_t as_of_ms, State& state);

}  // namespace segmentd::segment
