#include "rocks/open_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

namespace segmentd::rocks {
namespace {

constexpr std::int64_t kMemoryBytesMin = 8 << 20;
constexpr std::size_t kWriteBufferBytesMax = 32 << 20;
constexpr std::uint64_t kWalBytesMax = 128 << 20;  // bounds what a reopening has to read
constexpr int kOpenFilesMin = 64;
constexpr double kBloomBitsPerKey = 10;  // one miss in a hundred reaches a block
// Of a memtable, for its own filter: some 20 bits a customer. A customer's first event asks for
// what is not there, and without this walks every memtable to learn it.
constexpr double kMemtableBloomShare = 0.01;

// RocksDB's own account of what it does. On a full disk a second line in its file, after one that
// could not be written, is what Debian's build takes for a mistake in the program and ends the
// process for; what matters comes back as a status.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

}  // namespace

rocksdb::Options OpenOptions(const StoreOptions& options) {
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

}  // namespace segmentd::rocks
