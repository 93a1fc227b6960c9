#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "segmentd/base/clock.h"
#include "segmentd/base/mutex.h"
#include "segmentd/ports/store.h"

namespace segmentd::runtime {

// Keeps a store open for a while after its task has let go of it: rebalances tend to bring
// partitions back, and to open a store again may mean to read its log. Closes it later, away from
// the shards' threads. Thread-safe.
class ParkedStores final : public ports::StoreFactory {
 public:
  // stores outlives this, and this the stores that it opens.
  ParkedStores(ports::StoreFactory& stores, const Clock& clock, std::int64_t grace_ms = 30'000)
      : stores_(stores), clock_(clock), grace_ms_(grace_ms) {}

  // The parked store, else a newly opened one. kRetry: another task of this process has not let go
  // of it yet.
  Result<std::unique_ptr<ports::StateStore>> Open(Partition partition) override;
  Status Quarantine(Partition partition) override;
  Space DiskSpace() override { return stores_.DiskSpace(); }
  // Closes what has been parked for longer than the grace.
  void CloseIdle();

 private:
  class Lease;
  struct Place {
    std::unique_ptr<ports::StateStore> parked;  // null: in use, being opened or being closed
    std::int64_t since_ns = 0;
  };

  Status Take(Partition partition, std::unique_ptr<ports::StateStore>& parked);
  void Park(Partition partition, std::unique_ptr<ports::StateStore> store);
  void Forget(Partition partition);

  ports::StoreFactory& stores_;
  const Clock& clock_;
  const std::int64_t grace_ms_;
  Mutex mutex_;
  std::map<Partition, Place> places_ SEGMENTD_GUARDED_BY(mutex_);
};

}  // namespace segmentd::runtime
