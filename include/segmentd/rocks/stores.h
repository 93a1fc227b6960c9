#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "segmentd/base/clock.h"
#include "segmentd/base/result.h"
#include "segmentd/ports/store.h"

namespace segmentd::rocks {

struct StoreOptions {
  std::string dir;                        // made when missing; a partition is a folder in it
  std::int64_t memory_bytes = 256 << 20;  // blocks and memtables of all partitions together
  int open_files_max = 4096;              // of all partitions together
  int partitions = 16;                    // expected, to share out the open files
};

// Stores on RocksDB, one database per partition with one memory budget for all. Takes the state
// directory for this process: kStorage, naming the holder, when another process has it. The lock
// ends with the factory, which outlives its stores. The clock names what is moved aside.
//
// A write that was returned from survives a killed process; a power cut may take the newest writes,
// never the middle of one: the store is then behind, which the changelog repairs.
// Open: kNewer when a later version wrote there (nothing is changed), kCorruption when the files
// are not what was written.
Result<std::unique_ptr<ports::StoreFactory>> OpenStores(const StoreOptions& options,
                                                        const Clock& clock);

// The name by which this state directory is known to Kafka when none is configured: made once, at
// random, and kept in the file `instance`. Call it while holding the directory (OpenStores).
Result<std::string> InstanceId(const std::string& dir);

}  // namespace segmentd::rocks
