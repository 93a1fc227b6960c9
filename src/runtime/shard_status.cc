#include "runtime/pace.h"
#include "runtime/shard_body.h"

namespace segmentd::runtime {

void Shard::Body::ReportIfDue() {
  if (came_further || NowMs() - reported_ms >= kReportMs) Report();
}

void Shard::Body::Report() {
  reported_ms = NowMs();
  status.partitions.clear();
  status.cached_customers = status.cached_bytes = 0;
  status.uncommitted_bytes = 0;
  status.cache_hits = closed_hits;
  status.cache_misses = closed_misses;
  for (auto& [partition, task] : tasks) {
    status.partitions.push_back(task.Describe());
    status.cached_customers += static_cast<std::uint64_t>(task.cache().customers());
    status.cached_bytes += static_cast<std::uint64_t>(task.cache().bytes());
    status.uncommitted_bytes += task.cache().uncommitted_bytes();
    status.cache_hits += task.cache_hits();
    status.cache_misses += task.cache_misses();
  }
  parts.probe.OnStatus(status);
}

}  // namespace segmentd::runtime
