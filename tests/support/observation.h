#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_broker.h"
#include "support/memory_stores.h"

namespace segmentd::support {

// What a read_committed consumer sees of a topic, in order, without what tells the wall time.
std::vector<std::string> CommittedOutput(FakeBroker& broker, pipeline::Topic topic,
                                         Partition partition);
// The same of all outputs, by topic and key.
using OutputsByKey = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;
OutputsByKey CommittedByKey(FakeBroker& broker);
// Those of them that are samples: each once, and the last one, for a look without an effect comes
// again after a crash.
OutputsByKey CommittedSamples(FakeBroker& broker);

// A store's content brought up to the end of the changelog.
MemoryStores::Disk FoldChangelog(FakeBroker& broker, Partition partition, MemoryStores::Disk disk);

// What is wrong, one line each; empty when nothing is.
// Changes: an id twice, or an ordinal that leaves a gap.
std::string ChangeFaults(FakeBroker& broker);
// A store may be behind its changelog, never elsewhere: the rest of the changelog makes it whole.
std::string StoreFaults(FakeBroker& broker, MemoryStores& stores);
// The group and the changelog have to tell the same positions.
std::string PositionFaults(FakeBroker& broker);
// The members that a position counts are those that the changelog's images tell.
std::string MemberFaults(FakeBroker& broker);

}  // namespace segmentd::support
