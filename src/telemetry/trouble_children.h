#pragma once

#include <array>
#include <utility>

#include "segmentd/ports/probe.h"
#include "telemetry/count_totals.h"
#include "telemetry/families.h"

namespace segmentd::telemetry {

inline const prometheus::Histogram::BucketBoundaries& RecoveryBuckets() {
  static const prometheus::Histogram::BucketBoundaries buckets = {.01, .05, .1, .5, 1,   2.5,
                                                                  5,   10,  30, 60, 300, 1800};
  return buckets;
}

// What one shard tells of its troubles.
class TroubleChildren {
 public:
  TroubleChildren(TroubleFamilies& f, const prometheus::Labels& labels)
      : families_(f),
        retried_(f.errors.Add(With(labels, "action", "retry"))),
        aborted_(f.errors.Add(With(labels, "action", "abort"))),
        recycled_(f.errors.Add(With(labels, "action", "new_producer"))),
        ended_(f.errors.Add(With(labels, "action", "end"))),
        fenced_(f.fencing.Add(With(labels, "kind", "producer"))),
        lost_(f.fencing.Add(With(labels, "kind", "lost"))),
        rebalance_(f.rebalance_duration.Add(labels, RecoveryBuckets())),
        overlay_(f.overlay_bytes.Add(labels)) {}

  void Set(const ports::ShardStatus& status) {
    const ports::Troubles& now = status.troubles;
    retried_.Set(now.retried);
    aborted_.Set(now.aborted);
    recycled_.Set(now.fenced);
    ended_.Set(now.ended);
    fenced_.Set(now.fenced);
    lost_.Set(now.lost);
    // Each is reported by itself, as a rule.
    if (now.revocations > seen_.revocations) {
      rebalance_.Observe((now.revoked_s - seen_.revoked_s) /
                         static_cast<double>(now.revocations - seen_.revocations));
    }
    seen_ = now;
    overlay_.Set(static_cast<double>(status.uncommitted_bytes));
    if (status.disk_free_bytes < 0) return;
    if (disk_free_ == nullptr) disk_free_ = &families_.disk_free.Add({});
    disk_free_->Set(static_cast<double>(status.disk_free_bytes));
  }

 private:
  static prometheus::Labels With(prometheus::Labels labels, const char* name, const char* value) {
    labels.emplace(name, value);
    return labels;
  }

  TroubleFamilies& families_;
  Total retried_, aborted_, recycled_, ended_, fenced_, lost_;
  prometheus::Histogram& rebalance_;
  prometheus::Gauge& overlay_;
  prometheus::Gauge* disk_free_ = nullptr;
  ports::Troubles seen_;
};

// What is shown of one partition's store; taken down with the partition.
class StoreChildren {
 public:
  StoreChildren(StoreFamilies& f, const prometheus::Labels& labels)
      : restore_(f.restore_duration.Add({}, RecoveryBuckets())),
        gauges_{{{&f.bytes, &f.bytes.Add(labels)},
                 {&f.customers, &f.customers.Add(labels)},
                 {&f.age, &f.age.Add(labels)},
                 {&f.compaction_bytes, &f.compaction_bytes.Add(labels)},
                 {&f.memtable_bytes, &f.memtable_bytes.Add(labels)},
                 {&f.errors, &f.errors.Add(labels)},
                 {&f.stopped, &f.stopped.Add(labels)}}} {}
  StoreChildren(const StoreChildren&) = delete;
  StoreChildren& operator=(const StoreChildren&) = delete;
  ~StoreChildren() {
    for (const auto& [family, gauge] : gauges_) family->Remove(gauge);
  }

  void Set(const ports::PartitionStatus& status) {
    if (status.restores > restores_) restore_.Observe(status.restore_s);
    restores_ = status.restores;
    const std::array<double, 7> values = {static_cast<double>(status.store.bytes),
                                          static_cast<double>(status.store.customers),
                                          status.store_age_s,
                                          static_cast<double>(status.store.compaction_bytes),
                                          static_cast<double>(status.store.memtable_bytes),
                                          static_cast<double>(status.store.errors),
                                          status.store.stopped ? 1.0 : 0.0};
    for (std::size_t i = 0; i < values.size(); ++i) gauges_[i].second->Set(values[i]);
  }

 private:
  prometheus::Histogram& restore_;
  const std::array<std::pair<Gauges*, prometheus::Gauge*>, 7> gauges_;
  std::uint64_t restores_ = 0;
};

}  // namespace segmentd::telemetry
