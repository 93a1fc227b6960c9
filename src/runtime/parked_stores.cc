#include "segmentd/runtime/parked_stores.h"

#include <vector>

namespace segmentd::runtime {

// A store in use; parks it in the end.
class ParkedStores::Lease final : public ports::StateStore {
 public:
  Lease(ParkedStores& owner, Partition partition, std::unique_ptr<ports::StateStore> store)
      : owner_(owner), partition_(partition), store_(std::move(store)) {}
  ~Lease() override { owner_.Park(partition_, std::move(store_)); }

  Result<std::optional<ports::TaskMeta>> ReadMeta() override { return store_->ReadMeta(); }
  Status Read(std::span<const std::string_view> ids, std::vector<std::string>& images) override {
    return store_->Read(ids, images);
  }
  Status Write(const ports::StoreWrite& write) override { return store_->Write(write); }
  Status ReadTimers(const ports::Timer& from, std::size_t timers_max,
                    std::vector<ports::Timer>& timers) override {
    return store_->ReadTimers(from, timers_max, timers);
  }
  Status ReadIds(std::string_view from, std::size_t ids_max,
                 std::vector<std::string>& ids) override {
    return store_->ReadIds(from, ids_max, ids);
  }
  std::int64_t CountTimers() override { return store_->CountTimers(); }
  Stats Describe() override { return store_->Describe(); }
  Status Scan(const Visitor& visit) override { return store_->Scan(visit); }

 private:
  ParkedStores& owner_;
  const Partition partition_;
  std::unique_ptr<ports::StateStore> store_;
};

Result<std::unique_ptr<ports::StateStore>> ParkedStores::Open(Partition partition) {
  std::unique_ptr<ports::StateStore> store;
  SEGMENTD_RETURN_IF_ERROR(Take(partition, store));
  if (store == nullptr) {
    auto opened = stores_.Open(partition);
    if (!opened.ok()) {
      Forget(partition);
      return opened;
    }
    store = std::move(*opened);
  }
  return std::make_unique<Lease>(*this, partition, std::move(store));
}

Status ParkedStores::Quarantine(Partition partition) {
  std::unique_ptr<ports::StateStore> store;
  SEGMENTD_RETURN_IF_ERROR(Take(partition, store));
  store.reset();
  Status moved = stores_.Quarantine(partition);
  Forget(partition);
  return moved;
}

// Makes the partition the caller's; parked is null when there was no open store.
Status ParkedStores::Take(Partition partition, std::unique_ptr<ports::StateStore>& parked) {
  const MutexLock lock(mutex_);
  const auto [at, fresh] = places_.try_emplace(partition);
  if (fresh) return Ok();
  if (at->second.parked == nullptr) {
    return Fail(Code::kRetry, "the store of partition {} is still in use in this process",
                partition.value());
  }
  parked = std::move(at->second.parked);
  return Ok();
}

void ParkedStores::Park(Partition partition, std::unique_ptr<ports::StateStore> store) {
  const MutexLock lock(mutex_);
  places_[partition] = {std::move(store), clock_.MonotonicNs()};
}

void ParkedStores::Forget(Partition partition) {
  const MutexLock lock(mutex_);
  places_.erase(partition);
}

void ParkedStores::CloseIdle() {
  std::vector<std::pair<Partition, std::unique_ptr<ports::StateStore>>> closing;
  {
    const MutexLock lock(mutex_);
    const std::int64_t latest_ns = clock_.MonotonicNs() - grace_ms_ * 1'000'000;
    for (auto& [partition, place] : places_) {
      if (place.parked == nullptr || place.since_ns > latest_ns) continue;
      closing.emplace_back(partition, std::move(place.parked));
    }
  }
  // Not under the lock: the disk may take its time.
  for (auto& [partition, store] : closing) {
    store.reset();
    Forget(partition);
  }
}

}  // namespace segmentd::runtime
