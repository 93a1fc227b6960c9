#include "segmentd/rocks/stores.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <filesystem>

#include "rocks/process_lock.h"
#include "rocks/rocks_store.h"

namespace segmentd::rocks {
namespace {

constexpr std::int64_t kMemoryBytesMin = 8 << 20;
constexpr std::size_t kWriteBufferBytesMax = 32 << 20;
constexpr std::uint64_t kWalBytesMax = 128 << 20;  // bounds what a reopening has to read
constexpr std::int64_t kOpenBytes = 16 << 20;      // for manifests, logs and tables when opening
constexpr int kOpenFilesMin = 64;
constexpr double kBloomBitsPerKey = 10;  // one miss in a hundred reaches a block
// Of a memtable, for its own filter: some 20 bits a customer. A customer's first event asks for
// what is not there, and without this walks every memtable to learn it.
constexpr double kMemtableBloomShare = 0.01;

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

// RocksDB's own account of what it does. On a full disk a second line in its file, after one that
// could not be written, is what Debian's build takes for a mistake in the program and ends the
// process for; what matters comes back as a status.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// Every partition draws on the same cache, which also pays for the memtables.
rocksdb::Options BuildOptions(const StoreOptions& options) {
  const auto memory = static_cast<std::size_t>(std::max(options.memory_bytes, kMemoryBytesMin));
  const auto cache = rocksdb::NewLRUCache(memory, /*num_shard_bits=*/4);
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.checksum = rocksdb::kXXH3;

  rocksdb::Options built;
  built.create_if_missing = true;
  built.create_missing_column_families = true;
  built.paranoid_checks = true;
  built.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  built.avoid_flush_during_shutdown = true;  // the log has it; closing must be quick in a rebalance
  built.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(memory / 3, cache);
  built.write_buffer_size = std::min(memory / 6, kWriteBufferBytesMax);
  built.max_total_wal_size = kWalBytesMax;
  built.max_open_files =
      std::max(options.open_files_max / std::max(options.partitions, 1), kOpenFilesMin);
  built.memtable_prefix_bloom_size_ratio = kMemtableBloomShare;
  built.memtable_whole_key_filtering = true;
  built.level0_file_num_compaction_trigger = 8;
  built.level_compaction_dynamic_level_bytes = true;
  built.compression = rocksdb::kLZ4Compression;
  built.max_background_jobs = 2;
  built.info_log = std::make_shared<NoLog>();
  built.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return built;
}

class RocksStores final : public ports::StoreFactory {
 public:
  RocksStores(ProcessLock lock, const StoreOptions& options, const Clock& clock)
      : lock_(std::move(lock)), dir_(options.dir), options_(BuildOptions(options)), clock_(clock) {}

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
  // RocksDB, as Debian builds it, takes a disk that fills up while it opens a store for a mistake
  // in the program, and ends the process there and then.
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
