#pragma once

#include <cstdint>
#include <optional>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/event/raw_record.h"

namespace segmentd::ports {

// Records that were in work. Of more than one it is only known that one of them was.
struct Attempt {
  event::Source source = event::Source::kTransactions;
  Offset first;
  Offset last;
  int crashes = 0;  // of this very record, should this attempt end in one
  bool operator==(const Attempt&) const = default;
};

// What a process leaves behind that does not live to tell: whether it ended in order, and what each
// partition's task was doing. Thread-safe.
class Attempts {
 public:
  virtual ~Attempts() = default;
  // The process before this one ended without saying so.
  virtual bool unclean() const = 0;
  // What it was doing then, as far as it noted that.
  virtual std::optional<Attempt> Left(Partition partition) = 0;
  // Survives whatever happens to the process from now on. kStorage.
  virtual Status Begin(Partition partition, const Attempt& attempt) = 0;
  virtual void End(Partition partition) = 0;
};

}  // namespace segmentd::ports
