#include "rocks/rocks_store.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "rocks/status.h"
#include "rocks/table_file.h"
#include "segmentd/base/assert.h"
#include "segmentd/base/mutex.h"

namespace segmentd::rocks {
namespace {

// DO NOT CHANGE: names and keys on disk.
constexpr std::array<const char*, 3> kFamilyNames = {"state", "timers", "meta"};
constexpr const char* kFormatKey = "format";
constexpr const char* kTaskKey = "task";
constexpr int kFormat = 1;

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

// Big-endian with the sign turned round: keys in order of instants, also those before 1970.
constexpr std::size_t kDeadlineBytes = 8;
constexpr std::uint64_t kSign = 1ULL << 63;

void EncodeTimer(const ports::Timer& timer, std::string& key) {
  const std::uint64_t ordered = static_cast<std::uint64_t>(timer.deadline_ms) ^ kSign;
  key.clear();
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(ordered >> shift));
  key.append(timer.customer_id);
}

bool DecodeTimer(std::string_view key, ports::Timer& timer) {
  if (key.size() < kDeadlineBytes) return false;
  std::uint64_t ordered = 0;
  for (std::size_t i = 0; i < kDeadlineBytes; ++i) {
    ordered = ordered << 8 | static_cast<std::uint8_t>(key[i]);
  }
  timer.deadline_ms = static_cast<std::int64_t>(ordered ^ kSign);
  timer.customer_id = key.substr(kDeadlineBytes);
  return true;
}

// Closing a store writes what is left of its files, and again what has failed to be written before,
// which RocksDB as Debian builds it takes for a mistake in the program: it ends the process there
// and then. A failed write and a full disk are the run's end anyway, so that the store stays open
// until the process is gone.
struct Abandoned {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
};
void Abandon(Abandoned store) {
  static Mutex mutex;
  static auto& stores = *new std::vector<Abandoned>;
  const MutexLock lock(mutex);
  stores.push_back(std::move(store));
}

bool MayClose(const std::string& dir) {
  constexpr std::uintmax_t kCloseBytes = 1 << 20;
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(dir, error);
  return error || space.available >= kCloseBytes;
}

tl::unexpected<Error> Newer(const std::string& dir, std::string_view what) {
  return Fail(Code::kNewer,
              "{} was written by a newer segmentd ({}): run that version, or set another state.dir "
              "to restore from the changelog",
              dir, what);
}

}  // namespace

Result<std::unique_ptr<RocksStore>> RocksStore::Open(const rocksdb::Options& options,
                                                     const std::string& dir) {
  SEGMENTD_RETURN_IF_ERROR(RefuseForeign(options, dir));
  std::unique_ptr<RocksStore> store(new RocksStore(dir));
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : kFamilyNames) families.emplace_back(name, options);
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, options);
  // A memtable has the room for its filter from the start: the few keys of the others need none.
  for (std::size_t i = kState + 1; i < families.size(); ++i) {
    families[i].options.memtable_prefix_bloom_size_ratio = 0;
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, dir, families, &store->families_, &db);
  if (!opened.ok()) return Translate(opened, "opening " + dir);
  store->db_.reset(db);
  SEGMENTD_RETURN_IF_ERROR(store->CheckFormat());
  return store;
}

RocksStore::~RocksStore() {
  if (db_ == nullptr) return;
  if (broken_ || !MayClose(dir_)) {
    Abandon({std::move(db_), std::move(families_)});
    return;
  }
  for (rocksdb::ColumnFamilyHandle* handle : families_) db_->DestroyColumnFamilyHandle(handle);
  // Nothing to act on: what was written is in the log.
  db_->Close().PermitUncheckedError();
}

// Looks before opening, because opening writes.
Status RocksStore::RefuseForeign(const rocksdb::Options& options, const std::string& dir) {
  if (!options.env->FileExists(dir + "/CURRENT").ok()) return Ok();
  std::vector<std::string> names;
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(options, dir, &names);
  if (!listed.ok()) return Translate(listed, "opening " + dir);
  for (const std::string& name : names) {
    if (name != rocksdb::kDefaultColumnFamilyName &&
        std::find(kFamilyNames.begin(), kFamilyNames.end(), name) == kFamilyNames.end()) {
      return Newer(dir, fmt::format("it has a part '{}' that this version does not know", name));
    }
  }
  return Ok();
}

Status RocksStore::CheckFormat() {
  std::string text;
  const rocksdb::Status read = db_->Get({}, family(kMeta), kFormatKey, &text);
  if (read.IsNotFound()) {
    const rocksdb::Status written =
        db_->Put({}, family(kMeta), kFormatKey, std::to_string(kFormat));
    if (!written.ok()) return NotWritten(written);
    return Ok();
  }
  if (!read.ok()) return Translate(read, "reading the format of " + dir_);
  int format = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), format);
  if (error != std::errc{} || end != text.data() + text.size() || format < 1) {
    return Fail(Code::kCorruption, "{} has no readable format number", dir_);
  }
  if (format > kFormat) return Newer(dir_, fmt::format("format {}, known is {}", format, kFormat));
  return Ok();
}

Result<std::optional<ports::TaskMeta>> RocksStore::ReadMeta() {
  std::string bytes;
  const rocksdb::Status read = db_->Get({}, family(kMeta), kTaskKey, &bytes);
  if (read.IsNotFound()) return std::nullopt;
  if (!read.ok()) return Translate(read, "reading the position of " + dir_);
  SEGMENTD_ASSIGN_OR_RETURN(ports::TaskMeta meta, ports::DecodeMeta(bytes));
  return meta;
}

Status RocksStore::Read(std::span<const std::string_view> ids, std::vector<std::string>& images) {
  images.resize(ids.size());
  if (ids.empty()) return Ok();
  keys_.clear();
  for (const std::string_view id : ids) keys_.push_back(ToSlice(id));
  values_.resize(ids.size());
  statuses_.resize(ids.size());
  // The ids ascend by contract, which spares RocksDB the sorting.
  db_->MultiGet({}, family(kState), ids.size(), keys_.data(), values_.data(), statuses_.data(),
                /*sorted_input=*/true);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    images[i].clear();
    if (statuses_[i].ok()) images[i].assign(values_[i].data(), values_[i].size());
    values_[i].Reset();
    if (!statuses_[i].ok() && !statuses_[i].IsNotFound()) {
      return Translate(statuses_[i], "reading customers from " + dir_);
    }
  }
  return Ok();
}

Status RocksStore::Write(const ports::StoreWrite& write) {
  rocksdb::WriteBatch batch;
  rocksdb::Status built;
  for (const ports::StoreWrite::Item& item : write.items) {
    const rocksdb::Slice key = ToSlice(item.customer_id);
    built = item.image ? batch.Put(family(kState), key, ToSlice(*item.image))
                       : batch.Delete(family(kState), key);
    if (!built.ok()) return Translate(built, "writing to " + dir_);
  }
  std::string key;
  for (const ports::Timer& timer : write.taken) {
    EncodeTimer(timer, key);
    built = batch.Delete(family(kTimers), key);
    if (!built.ok()) return Translate(built, "writing to " + dir_);
  }
  for (const ports::Timer& timer : write.armed) {
    EncodeTimer(timer, key);
    built = batch.Put(family(kTimers), key, rocksdb::Slice());
    if (!built.ok()) return Translate(built, "writing to " + dir_);
  }
  built = batch.Put(family(kMeta), kTaskKey, ports::EncodeMeta(write.meta));
  if (!built.ok()) return Translate(built, "writing to " + dir_);
  rocksdb::WriteOptions options;
  options.memtable_insert_hint_per_batch = true;  // the batch is sorted
  const rocksdb::Status written = db_->Write(options, &batch);
  if (!written.ok()) return NotWritten(written);
  return Ok();
}

Status RocksStore::Load(const ports::StoreWrite& write) {
  SEGMENTD_ASSERT(write.taken.empty(), "what is loaded was not there before");
  const rocksdb::Status taken = TakeIn(write);
  if (!taken.ok()) return NotWritten(taken);
  return Write({.items = {}, .meta = write.meta});
}

// Past the log and the memtables, and merged seldom. What stood in the log has to be on disk
// before: else a power cut could leave what is new without what it came behind.
rocksdb::Status RocksStore::TakeIn(const ports::StoreWrite& write) {
  TableFile customers(db_->GetOptions(family(kState)), family(kState), dir_ + "/customers.load");
  TableFile timers(db_->GetOptions(family(kTimers)), family(kTimers), dir_ + "/timers.load");
  rocksdb::Status done;
  for (std::size_t i = 0; i < write.items.size() && done.ok(); ++i) {
    const ports::StoreWrite::Item& item = write.items[i];
    const rocksdb::Slice key = ToSlice(item.customer_id);
    done = item.image ? customers.Put(key, ToSlice(*item.image)) : customers.Delete(key);
  }
  std::string key;
  for (std::size_t i = 0; i < write.armed.size() && done.ok(); ++i) {
    EncodeTimer(write.armed[i], key);
    done = timers.Put(key, rocksdb::Slice());
  }
  if (done.ok()) done = customers.Finish();
  if (done.ok()) done = timers.Finish();
  if (done.ok()) done = db_->SyncWAL();
  if (!done.ok()) return done;
  std::vector<rocksdb::IngestExternalFileArg> args;
  if (!customers.empty()) args.push_back(customers.ToIngest());
  if (!timers.empty()) args.push_back(timers.ToIngest());
  return args.empty() ? rocksdb::Status::OK() : db_->IngestExternalFiles(args);
}

tl::unexpected<Error> RocksStore::NotWritten(const rocksdb::Status& status) {
  broken_ = true;
  return Translate(status, "writing to " + dir_);
}

Status RocksStore::ReadTimers(const ports::Timer& from, std::size_t timers_max,
                              std::vector<ports::Timer>& timers) {
  timers.clear();
  std::string first;
  EncodeTimer(from, first);
  const rocksdb::Slice bound = first;
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &bound;  // what was taken before it is tombstones
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, family(kTimers)));
  for (at->Seek(bound); at->Valid() && timers.size() < timers_max; at->Next()) {
    if (DecodeTimer(at->key().ToStringView(), timers.emplace_back())) continue;
    return Fail(Code::kCorruption, "{} has a timer whose key is {} bytes long", dir_,
                at->key().size());
  }
  if (!at->status().ok()) return Translate(at->status(), "reading timers from " + dir_);
  return Ok();
}

Status RocksStore::ReadIds(std::string_view from, std::size_t ids_max,
                           std::vector<std::string>& ids) {
  ids.clear();
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // as for Scan
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, family(kState)));
  for (at->Seek(ToSlice(from)); at->Valid() && ids.size() < ids_max; at->Next()) {
    ids.emplace_back(at->key().ToStringView());
  }
  if (!at->status().ok()) return Translate(at->status(), "reading customers from " + dir_);
  return Ok();
}

std::int64_t RocksStore::CountTimers() {
  return Property(kTimers, rocksdb::DB::Properties::kEstimateNumKeys);
}

RocksStore::Stats RocksStore::Describe() {
  using Properties = rocksdb::DB::Properties;
  Stats stats;
  stats.customers = Property(kState, Properties::kEstimateNumKeys);
  for (const Family of : {kState, kTimers, kMeta}) {
    stats.bytes += Property(of, Properties::kLiveSstFilesSize);
    stats.compaction_bytes += Property(of, Properties::kEstimatePendingCompactionBytes);
    stats.memtable_bytes += Property(of, Properties::kCurSizeAllMemTables);
  }
  // Of the whole database, whichever part is asked.
  stats.errors = Property(kState, Properties::kBackgroundErrors);
  stats.stopped = Property(kState, Properties::kIsWriteStopped) != 0;
  return stats;
}

std::int64_t RocksStore::Property(Family of, const std::string& name) const {
  std::uint64_t value = 0;
  db_->GetIntProperty(family(of), name, &value);
  return static_cast<std::int64_t>(value);
}

Status RocksStore::Scan(const Visitor& visit) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // one pass over everything would push out what is in use
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, family(kState)));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    SEGMENTD_RETURN_IF_ERROR(visit(at->key().ToStringView(), at->value().ToStringView()));
  }
  if (!at->status().ok()) return Translate(at->status(), "scanning " + dir_);
  return Ok();
}

}  // namespace segmentd::rocks
