#include "support/memory_stores.h"

#include <algorithm>

#include "segmentd/base/assert.h"

namespace segmentd::support {

class MemoryStore final : public ports::StateStore {
 public:
  MemoryStore(MemoryStores& stores, Partition partition) : stores_(stores), partition_(partition) {
    SEGMENTD_ASSERT(++stores_.open_[partition_] == 1, "a store is open once at a time");
  }
  ~MemoryStore() override { --stores_.open_[partition_]; }

  Result<std::optional<ports::TaskMeta>> ReadMeta() override {
    SEGMENTD_RETURN_IF_ERROR(stores_.chaos_->At(Call::kReadStore));
    return kept().now.meta;
  }

  Status Read(std::span<const std::string_view> ids, std::vector<std::string>& images) override {
    SEGMENTD_RETURN_IF_ERROR(stores_.chaos_->At(Call::kReadStore));
    SEGMENTD_ASSERT(std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end(),
                    "ids ascend");
    images.assign(ids.size(), "");
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto at = kept().now.images.find(ids[i]);
      if (at != kept().now.images.end()) images[i] = at->second;
    }
    return Ok();
  }

  Status Write(const ports::StoreWrite& write) override {
    SEGMENTD_RETURN_IF_ERROR(stores_.chaos_->At(Call::kWriteStore));
    kept().before.push_back(kept().now);
    Put(write);
    kept().now.meta = write.meta;
    return stores_.chaos_->At(Call::kAfterWriteStore);
  }

  // All of it is on disk, and all from before, when the meta record is written.
  Status Load(const ports::StoreWrite& write) override {
    SEGMENTD_RETURN_IF_ERROR(stores_.chaos_->At(Call::kWriteStore));
    SEGMENTD_ASSERT(write.taken.empty(), "what is loaded was not there before");
    Put(write);
    kept().before.clear();
    return Write({.items = {}, .meta = write.meta});
  }

  void Put(const ports::StoreWrite& write) {
    MemoryStores::Disk& disk = kept().now;
    for (std::size_t i = 0; i < write.items.size(); ++i) {
      const auto& item = write.items[i];
      SEGMENTD_ASSERT(i == 0 || write.items[i - 1].customer_id < item.customer_id, "ids ascend");
      if (item.image) {
        disk.images[std::string(item.customer_id)] = *item.image;
      } else {
        disk.images.erase(std::string(item.customer_id));
      }
    }
    for (const ports::Timer& timer : write.taken) disk.timers.erase(timer);
    disk.timers.insert(write.armed.begin(), write.armed.end());
  }

  Status ReadTimers(const ports::Timer& from, std::size_t timers_max,
                    std::vector<ports::Timer>& timers) override {
    SEGMENTD_RETURN_IF_ERROR(stores_.chaos_->At(Call::kReadStore));
    timers.clear();
    const auto& kept_timers = kept().now.timers;
    for (auto at = kept_timers.lower_bound(from);
         at != kept_timers.end() && timers.size() < timers_max; ++at) {
      timers.push_back(*at);
    }
    return Ok();
  }

  Status ReadIds(std::string_view from, std::size_t ids_max,
                 std::vector<std::string>& ids) override {
    SEGMENTD_RETURN_IF_ERROR(stores_.chaos_->At(Call::kReadStore));
    ids.clear();
    const auto& images = kept().now.images;
    for (auto at = images.lower_bound(from); at != images.end() && ids.size() < ids_max; ++at) {
      ids.push_back(at->first);
    }
    return Ok();
  }

  std::int64_t CountTimers() override {
    return static_cast<std::int64_t>(kept().now.timers.size());
  }

  Status Scan(const Visitor& visit) override {
    for (const auto& [id, image] : kept().now.images) SEGMENTD_RETURN_IF_ERROR(visit(id, image));
    return Ok();
  }

 private:
  MemoryStores::Kept& kept() { return stores_.disks_[partition_]; }

  MemoryStores& stores_;
  const Partition partition_;
};

Result<std::unique_ptr<ports::StateStore>> MemoryStores::Open(Partition partition) {
  SEGMENTD_RETURN_IF_ERROR(chaos_->At(Call::kOpenStore));
  return std::make_unique<MemoryStore>(*this, partition);
}

Status MemoryStores::Quarantine(Partition partition) {
  SEGMENTD_ASSERT(open_[partition] == 0, "what is moved aside is not open");
  ++quarantined_;
  disks_.erase(partition);
  return Ok();
}

void MemoryStores::LoseWrites(std::size_t n) {
  for (auto& [partition, kept] : disks_) {
    for (std::size_t i = 0; i < n && !kept.before.empty(); ++i) {
      kept.now = std::move(kept.before.back());
      kept.before.pop_back();
    }
  }
}

}  // namespace segmentd::support
