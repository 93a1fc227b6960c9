#pragma once

#include <optional>

#include "segmentd/ports/source.h"

namespace segmentd::runtime {

// What is known of where one input partition's reading stood.
struct StartFacts {
  ports::InputPartition input;
  std::optional<Offset> state;      // up to where the restored state has it
  std::optional<Offset> committed;  // what the group has
  ports::RecordSource::Range range;
  bool start_earliest = true;
};

// The offset to read next. The state's own position wins over the group's: the two differ only when
// a commit without transactions ended between them (the group is behind: go on with the state) or
// when somebody moved the group (ahead: kConfig, for records would be skipped). kConfig too when
// the topic no longer has the position. Profiles are a table: they start at the oldest retained and
// may lose what compaction or retention took.
Result<Offset> StartPosition(const StartFacts& facts);

}  // namespace segmentd::runtime
