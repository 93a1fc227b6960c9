#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "segmentd/ports/store.h"

namespace segmentd::rocks {

// One partition's database: column families for customers, timers and the meta record.
class RocksStore final : public ports::StateStore {
 public:
  // Opens or makes the database in dir. Errors as OpenStores promises.
  static Result<std::unique_ptr<RocksStore>> Open(const rocksdb::Options& options,
                                                  const std::string& dir);
  ~RocksStore() override;

  Result<std::optional<ports::TaskMeta>> ReadMeta() override;
  Status Read(std::span<const std::string_view> ids, std::vector<std::string>& images) override;
  Status Write(const ports::StoreWrite& write) override;
  Status Load(const ports::StoreWrite& write) override;
  Status ReadTimers(const ports::Timer& from, std::size_t timers_max,
                    std::vector<ports::Timer>& timers) override;
  Status ReadIds(std::string_view from, std::size_t ids_max,
                 std::vector<std::string>& ids) override;
  std::int64_t CountTimers() override;
  Stats Describe() override;
  Status Scan(const Visitor& visit) override;

 private:
  enum Family { kState, kTimers, kMeta, kFamilies };

  explicit RocksStore(std::string dir) : dir_(std::move(dir)) {}
  static Status RefuseForeign(const rocksdb::Options& options, const std::string& dir);
  Status CheckFormat();
  std::int64_t Property(Family of, const std::string& name) const;
  rocksdb::Status TakeIn(const ports::StoreWrite& write);
  tl::unexpected<Error> NotWritten(const rocksdb::Status& status);
  rocksdb::ColumnFamilyHandle* family(Family which) const {
    return families_[static_cast<std::size_t>(which)];
  }

  std::string dir_;
  bool broken_ = false;  // a write has failed
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // the default one, unused, comes last
  // Reused between reads.
  std::vector<rocksdb::Slice> keys_;
  std::vector<rocksdb::PinnableSlice> values_;
  std::vector<rocksdb::Status> statuses_;
};

}  // namespace segmentd::rocks
