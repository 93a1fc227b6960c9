#pragma once

#include <rocksdb/options.h>

#include "segmentd/rocks/stores.h"

namespace segmentd::rocks {

// How the stores of one process are opened. Every partition draws on the same cache, which also
// pays for the memtables.
rocksdb::Options OpenOptions(const StoreOptions& options);

}  // namespace segmentd::rocks
