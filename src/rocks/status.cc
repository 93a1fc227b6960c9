#include "rocks/status.h"

namespace segmentd::rocks {

tl::unexpected<Error> Translate(const rocksdb::Status& status, std::string_view doing) {
  // A file that the manifest names and the folder lacks is damage too, reported as an IO error.
  if (status.IsCorruption() || status.IsPathNotFound()) {
    return Fail(Code::kCorruption, "{}: {}", doing, status.ToString());
  }
  if (status.IsNoSpace()) {
    return Fail(Code::kStorage, "{}: the disk is full ({}): free space and start again", doing,
                status.ToString());
  }
  return Fail(Code::kStorage, "{}: {}", doing, status.ToString());
}

}  // namespace segmentd::rocks
