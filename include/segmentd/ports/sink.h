#pragma once

#include <map>
#include <span>
#include <string>

#include "segmentd/base/result.h"
#include "segmentd/pipeline/output.h"
#include "segmentd/ports/source.h"

namespace segmentd::ports {

// What a commit reports back.
struct CommitReceipt {
  // Per partition written to: a changelog offset at or below the first offset after this commit's
  // records. Too low is safe (changelog values are whole images), too high never is.
  std::map<Partition, Offset> changelog_next;
};

// Where outputs go. One sink per shard, on the shard's thread. exactly_once: Begin..Commit is one
// Kafka transaction that carries the records and the offsets. at_least_once: Commit first waits
// until every record is stored, then commits the offsets; Abort only forgets. Errors: kAbort = call
// Abort and rewind; kFenced, kFatal = Reset and recover.
class Sink {
 public:
  virtual ~Sink() = default;
  // Fences older producers of the same identity; also after an error that needs a new producer.
  virtual Status Reset() = 0;
  virtual Status Begin() = 0;
  // Takes a copy. Failures that come later are reported by Commit. kBadRecord: this record alone is
  // too large and was not taken.
  virtual Status Send(const pipeline::OutRecord& record) = 0;
  // The same without copies of small strings, for changelog images: a null value is a tombstone.
  virtual Status SendImage(Partition partition, std::string_view key,
                           const std::string_view* value) = 0;
  // positions must name every partition that was written for.
  virtual Result<CommitReceipt> Commit(std::span<const InputPosition> positions) = 0;
  virtual Status Abort() = 0;
};

}  // namespace segmentd::ports
