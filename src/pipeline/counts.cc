#include "segmentd/pipeline/counts.h"

#include <algorithm>

#include "segmentd/pipeline/pipeline.h"

namespace segmentd::pipeline {

void Spread::Add(std::int64_t span_ms) {
  const double span_s = static_cast<double>(span_ms) / 1000;
  const auto bound = std::find_if(kBoundsS.begin(), kBoundsS.end(),
                                  [&](double bound_s) { return span_s <= bound_s; });
  ++counts[static_cast<std::size_t>(bound - kBoundsS.begin())];
  sum_s += span_s;
}

void Spread::Add(const Spread& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  sum_s += other.sum_s;
}

void Counts::Add(const Counts& other) {
  records += other.records;
  bytes += other.bytes;
  accepted += other.accepted;
  profiles += other.profiles;
  duplicates += other.duplicates;
  late += other.late;
  without_id += other.without_id;
  for (std::size_t i = 0; i < rejected.size(); ++i) rejected[i] += other.rejected[i];
  changes += other.changes;
  suppressed += other.suppressed;
  erased += other.erased;
  rekeyed += other.rekeyed;
  samples += other.samples;
  followed += other.followed;
  moved += other.moved;
  newest_event_ms = std::max(newest_event_ms, other.newest_event_ms);
  for (std::size_t i = 0; i < fired.size(); ++i) fired[i] += other.fired[i];
  for (std::size_t i = 0; i < delay.size(); ++i) delay[i].Add(other.delay[i]);
  lateness.Add(other.lateness);
}

void Effects::Clear() {
  outputs.clear();
  changes.clear();
  alerts.clear();
  counts = {};
}

}  // namespace segmentd::pipeline
