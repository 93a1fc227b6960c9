#pragma once

#include <rocksdb/status.h>

#include <string_view>

#include "segmentd/base/result.h"

namespace segmentd::rocks {

// RocksDB's answer as ours: damaged bytes are kCorruption, all else is the disk's or the machine's
// fault and kStorage.
tl::unexpected<Error> Translate(const rocksdb::Status& status, std::string_view doing);

}  // namespace segmentd::rocks
