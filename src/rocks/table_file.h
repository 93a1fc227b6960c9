#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>

#include <string>

namespace segmentd::rocks {

// A table that is written beside the database, keys ascending, for it to take in as a whole.
class TableFile {
 public:
  TableFile(const rocksdb::Options& options, rocksdb::ColumnFamilyHandle* family, std::string path);
  // An unfinished one leaves no file.
  ~TableFile();

  rocksdb::Status Put(const rocksdb::Slice& key, const rocksdb::Slice& value);
  rocksdb::Status Delete(const rocksdb::Slice& key);
  rocksdb::Status Finish();

  bool empty() const { return !begun_; }
  // REQUIRES: finished, not empty. It is gone from its path when it was taken in.
  rocksdb::IngestExternalFileArg ToIngest() const;

 private:
  rocksdb::Status Begin();

  rocksdb::SstFileWriter writer_;
  rocksdb::ColumnFamilyHandle* const family_;
  const std::string path_;
  bool begun_ = false;
};

}  // namespace segmentd::rocks
