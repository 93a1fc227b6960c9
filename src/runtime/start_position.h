#pragma once

#include <optional>

#include "segmentd/ports/source.h"
#include "segmentd/runtime/shard.h"

namespace segmentd::runtime {

// What is known of where one input partition's reading stood.
struct StartFacts {
  ports::InputPartition input;
  std::optional<Offset> state;      // up to where the restored state has it
  std::optional<Offset> committed;  // what the group has
  ports::RecordSource::Range range;
  bool made_anew = false;  // the topic has another record where the state has its last one
  bool start_earliest = true;
  Accepted accepted;
};

// The offset to read next. The state's own position wins over the group's: the two differ only when
// a commit without transactions ended between them (the group is behind: go on with the state) or
// when somebody moved the group (ahead: kConfig, for records would be skipped). kConfig too when
// the topic no longer has the position, and when the group has one and the state none. Each of
// these can be accepted. Profiles are a table: they start at the oldest retained and may lose what
// compaction or retention took.
Result<Offset> StartPosition(const StartFacts& facts);

}  // namespace segmentd::runtime
