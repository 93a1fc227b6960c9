#include "segmentd/pipeline/pipeline.h"

namespace segmentd::pipeline {

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
}

void Effects::Clear() {
  outputs.clear();
  changes.clear();
  counts = {};
}

}  // namespace segmentd::pipeline
