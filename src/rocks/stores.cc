#include "segmentd/rocks/stores.h"

#include <filesystem>

#include "rocks/open_options.h"
#include "rocks/process_lock.h"
#include "rocks/rocks_store.h"

namespace segmentd::rocks {
namespace {

constexpr std::int64_t kOpenBytes = 16 << 20;  // for manifests, logs and tables when opening

// What a store's log holds is written into tables when the store is opened.
std::int64_t LogBytes(const std::string& path) {
  std::int64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    std::error_code gone;
    const std::uintmax_t size = entry.path().extension() == ".log" ? entry.file_size(gone) : 0;
    if (!gone) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

class RocksStores final : public ports::StoreFactory {
 public:
  RocksStores(ProcessLock lock, const StoreOptions& options, const Clock& clock)
      : lock_(std::move(lock)), dir_(options.dir), options_(OpenOptions(options)), clock_(clock) {}

  Result<std::unique_ptr<ports::StateStore>> Open(Partition partition) override {
    SEGMENTD_RETURN_IF_ERROR(CheckRoom(PathOf(partition)));
    SEGMENTD_ASSIGN_OR_RETURN(std::unique_ptr<RocksStore> store,
                              RocksStore::Open(options_, PathOf(partition)));
    return store;
  }

  Status Quarantine(Partition partition) override {
    const std::string path = PathOf(partition);
    const std::string aside = fmt::format("{}.corrupt-{}", path, clock_.WallMs());
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return Ok();
    std::filesystem::rename(path, aside, error);
    if (error) {
      return Fail(Code::kStorage, "cannot move {} to {}: {}: move it by hand", path, aside,
                  error.message());
    }
    return Ok();
  }

  Space DiskSpace() override {
    std::error_code error;
    const std::filesystem::space_info space = std::filesystem::space(dir_, error);
    if (error) return {};
    return {static_cast<std::int64_t>(space.available), static_cast<std::int64_t>(space.capacity)};
  }

 private:
  // Opening writes, and what it has written when the disk is full only makes that worse: so it is
  // not begun where it may not come to its end.
  Status CheckRoom(const std::string& path) {
    const std::int64_t needed = kOpenBytes + LogBytes(path);
    const Space space = DiskSpace();
    if (space.total_bytes == 0 || space.free_bytes >= needed) return Ok();
    return Fail(Code::kStorage,
                "only {} MiB are free where {} lies, and opening it may take {} MiB: make room and "
                "start again",
                space.free_bytes >> 20, path, needed >> 20);
  }

  std::string PathOf(Partition partition) const {
    return fmt::format("{}/{}", dir_, partition.value());
  }

  const ProcessLock lock_;
  const std::string dir_;
  const rocksdb::Options options_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<ports::StoreFactory>> OpenStores(const StoreOptions& options,
                                                        const Clock& clock) {
  std::error_code error;
  std::filesystem::create_directories(options.dir, error);
  if (error) {
    return Fail(Code::kStorage, "cannot make the state directory {}: {}: check state.dir",
                options.dir, error.message());
  }
  SEGMENTD_ASSIGN_OR_RETURN(ProcessLock lock, ProcessLock::Take(options.dir));
  return std::make_unique<RocksStores>(std::move(lock), options, clock);
}

}  // namespace segmentd::rocks
