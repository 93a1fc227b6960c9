#pragma once

#include <array>
#include <cstdint>

#include "segmentd/pipeline/deadlines.h"

namespace segmentd::pipeline {

// How many spans of time lie within each bound; the last place has those beyond all.
struct Spread {
  static constexpr std::array<double, 8> kBoundsS = {1, 5, 15, 60, 300, 3'600, 86'400, 604'800};
  std::array<std::uint64_t, kBoundsS.size() + 1> counts{};
  double sum_s = 0;

  void Add(std::int64_t span_ms);
  void Add(const Spread& other);
};

// Plain counts of one or more batches; telemetry turns them into metrics.
struct Counts {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t accepted = 0;
  std::uint64_t profiles = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t late = 0;
  std::uint64_t without_id = 0;
  std::array<std::uint64_t, 12> rejected{};  // by event::RejectCode
  std::uint64_t changes = 0;
  std::uint64_t suppressed = 0;  // kept by hysteresis
  std::uint64_t erased = 0;      // left aside, of customers that were erased
  std::uint64_t followed = 0;    // customers that have followed a change of model
  std::uint64_t moved = 0;       // those of them that it moved to another segment
  std::uint64_t samples = 0;     // given to be learned from
  std::uint64_t rekeyed = 0;     // by the stage before, which counts only these and what it refuses
  std::int64_t newest_event_ms = INT64_MIN;  // accepted, by its own time
  std::array<std::uint64_t, kTimerKinds> fired{};
  Spread lateness;                          // of late events, behind the customer's as_of
  std::array<Spread, kTimerKinds> delay{};  // of timers, from deadline to firing, by the wall

  void Add(const Counts& other);
};

}  // namespace segmentd::pipeline
