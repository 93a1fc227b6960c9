#include "rocks/table_file.h"

#include <filesystem>
#include <utility>

namespace segmentd::rocks {

TableFile::TableFile(const rocksdb::Options& options, rocksdb::ColumnFamilyHandle* family,
                     std::string path)
    : writer_(rocksdb::EnvOptions(), options, family), family_(family), path_(std::move(path)) {}

TableFile::~TableFile() {
  std::error_code gone;
  std::filesystem::remove(path_, gone);
}

rocksdb::Status TableFile::Begin() {
  if (std::exchange(begun_, true)) return rocksdb::Status::OK();
  return writer_.Open(path_);
}

rocksdb::Status TableFile::Put(const rocksdb::Slice& key, const rocksdb::Slice& value) {
  const rocksdb::Status begun = Begin();
  return begun.ok() ? writer_.Put(key, value) : begun;
}

rocksdb::Status TableFile::Delete(const rocksdb::Slice& key) {
  const rocksdb::Status begun = Begin();
  return begun.ok() ? writer_.Delete(key) : begun;
}

rocksdb::Status TableFile::Finish() { return begun_ ? writer_.Finish() : rocksdb::Status::OK(); }

rocksdb::IngestExternalFileArg TableFile::ToIngest() const {
  rocksdb::IngestExternalFileArg arg;
  arg.column_family = family_;
  arg.external_files = {path_};
  arg.options.move_files = true;
  // What was there before stays behind it by a number in the manifest, not by one in the file.
  arg.options.write_global_seqno = false;
  return arg;
}

}  // namespace segmentd::rocks
