#pragma once

#include <map>
#include <optional>

#include "segmentd/ports/source.h"

namespace segmentd::runtime {

// The end of a run that stops when its input is used up: every partition's end as of the start, and
// whether the group's commits have come that far, other members' included.
class Drain {
 public:
  // Asks for every partition's end. kRetry: again later.
  Status TakeEnds(ports::RecordSource& source, const ports::RecordSource::Counts& counts);
  bool ready() const { return ready_; }

  // Notes a commit of this group's.
  void Committed(const ports::InputPartition& input, Offset next);
  // Whether a reader at next has all that the input had at the start.
  bool AtEnd(const ports::InputPartition& input, Offset next) const;
  bool done() const { return ready_ && open_.empty(); }
  // Asks the group about what has not come to its end yet, now and then. kRetry: again later.
  Status Watch(ports::RecordSource& source, std::int64_t now_ms);

 private:
  bool ready_ = false;
  std::int64_t asked_ms_ = 0;
  std::map<ports::InputPartition, Offset> open_;  // ends not yet reached
};

}  // namespace segmentd::runtime
