#pragma once

#include <functional>
#include <memory>
#include <string>

#include "support/fake_ports.h"
#include "support/memory_stores.h"

namespace segmentd::support {

// One thing done wrong in the world around a shard: a habit given up, or a port that does not do
// what it promises. What is not set does as it should.
struct Carelessness {
  std::string what;
  Habits habits;
  std::function<std::unique_ptr<ports::Sink>(ports::Sink&, FakeBroker&, MemoryStores&)> sink;
  std::function<std::unique_ptr<ports::RecordSource>(ports::RecordSource&)> source;
  std::function<std::unique_ptr<ports::ChangelogReader>(ports::ChangelogReader&, FakeBroker&)>
      changelog;
};

// Writes to the store what is about to be committed.
std::unique_ptr<ports::Sink> StoresBeforeTheCommit(ports::Sink& sink, FakeBroker& broker,
                                                   MemoryStores& stores);
// Reads on where it was after records were dropped.
std::unique_ptr<ports::RecordSource> ForgetsToRewind(ports::RecordSource& source);
// Takes the last stable offset for the changelog's end.
std::unique_ptr<ports::ChangelogReader> EndsAtLastStable(ports::ChangelogReader& changelog,
                                                         FakeBroker& broker);
// Sees the longest changelog that there ever was.
std::unique_ptr<ports::ChangelogReader> OverlooksTruncation(ports::ChangelogReader& changelog,
                                                            std::map<Partition, Offset>& longest);
// Loses the recent event ids of the customers that it reads.
std::unique_ptr<ports::ChangelogReader> LosesRecentIds(ports::ChangelogReader& changelog);
// Loses the partition's clock.
std::unique_ptr<ports::ChangelogReader> LosesClock(ports::ChangelogReader& changelog);
// Takes every customer to have followed the last change of model.
std::unique_ptr<ports::ChangelogReader> LosesSweep(ports::ChangelogReader& changelog);
// Forgets where the model changed, so that what is active takes over unnoticed.
std::unique_ptr<ports::ChangelogReader> LosesSwitch(ports::ChangelogReader& changelog,
                                                    const std::string& active);

}  // namespace segmentd::support
