#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "segmentd/ports/store.h"
#include "support/chaos.h"

namespace segmentd::support {

// Stores whose disk outlives the process: what was written is there after a crash, or, after a
// power cut, all but the newest writes. Asserts that a partition is open once at a time.
class MemoryStores final : public ports::StoreFactory {
 public:
  struct Disk {
    std::map<std::string, std::string, std::less<>> images;
    std::optional<ports::TaskMeta> meta;
    std::set<ports::Timer> timers;
    bool operator==(const Disk&) const = default;
  };

  explicit MemoryStores(Chaos& chaos) : chaos_(&chaos) {}

  Result<std::unique_ptr<ports::StateStore>> Open(Partition partition) override;
  Status Quarantine(Partition partition) override;
  Space DiskSpace() override { return space_; }
  void SetDiskSpace(Space space) { space_ = space; }

  const Disk& disk(Partition partition) { return disks_[partition].now; }
  int quarantined() const { return quarantined_; }
  // What the next open finds.
  void Edit(Partition partition, Disk disk) { disks_[partition] = {std::move(disk), {}}; }
  // Takes back the newest n writes of every partition, as far as there are such.
  void LoseWrites(std::size_t n);
  void Wipe() { disks_.clear(); }
  void Use(Chaos& chaos) { chaos_ = &chaos; }

 private:
  friend class MemoryStore;
  struct Kept {
    Disk now;
    std::vector<Disk> before;  // one per write, the newest last
  };

  Chaos* chaos_;
  std::map<Partition, Kept> disks_;
  std::map<Partition, int> open_;
  int quarantined_ = 0;
  Space space_;
};

}  // namespace segmentd::support
