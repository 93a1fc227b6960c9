#include <fmt/format.h>

#include "sim/reference.h"

namespace segmentd::support {
namespace {

constexpr int kTurnsToEnd = 20'000;
constexpr std::size_t kDetailBytes = 1000;

std::string Differences(const OutputsByKey& actual, const OutputsByKey& expected) {
  std::string found;
  for (const auto& [where, due] : expected) {
    const auto at = actual.find(where);
    const std::vector<std::string> none;
    const std::vector<std::string>& seen = at == actual.end() ? none : at->second;
    if (seen == due) continue;
    std::size_t i = 0;
    while (i < seen.size() && i < due.size() && seen[i] == due[i]) ++i;
    found += fmt::format("{} of {}: {} records where {} were due, number {} is another\n",
                         where.first, where.second, seen.size(), due.size(), i + 1);
    if (found.size() > kDetailBytes) continue;
    found += fmt::format("  is  {}\n  due {}\n", i < seen.size() ? seen[i] : "-",
                         i < due.size() ? due[i] : "-");
  }
  for (const auto& [where, seen] : actual) {
    if (!expected.contains(where)) {
      found += fmt::format("{} of {}: nothing was due\n", where.first, where.second);
    }
  }
  return found;
}

}  // namespace

// Ends every process cleanly, one after another while the others work on.
bool Simulation::StopAll() {
  for (const auto& site : sites_) {
    site->process->Stop();
    for (int turn = 0; !site->process->ended(); ++turn) {
      if (turn == kTurnsToEnd) return false;
      for (const auto& other : sites_) {
        if (other->process != nullptr && !other->process->ended()) other->process->Resume();
      }
    }
    const std::optional<Status>& outcome = site->process->outcome();
    if (!outcome || !outcome->has_value()) return false;
    site->process.reset();
  }
  return true;
}

// One process that takes everything over and stops.
bool Simulation::RunAlone(Site& site) {
  Start(site);
  for (int turn = 0; !site.process->ended(); ++turn) {
    if (turn == kTurnsToEnd) return false;
    site.process->Resume();
    bool all = true;
    for (int p = 0; p < plan_.partitions; ++p) all &= site.process->Runs(Partition{p}, models_);
    if (all) site.process->Stop();
  }
  const std::optional<Status> outcome = site.process->outcome();
  site.process.reset();
  return outcome && outcome->has_value();
}

// What a process leaves on its disk is the changelog, byte for byte.
std::string Simulation::CheckDisks(Site& site, const std::string& which) {
  std::string found;
  if (!RunAlone(site)) return fmt::format("{}: a process alone does not end well\n", which);
  for (int p = 0; p < plan_.partitions; ++p) {
    const MemoryStores::Disk whole = FoldChangelog(broker_, Partition{p}, {});
    if (site.stores.disk(Partition{p}).images != whole.images) {
      found += fmt::format("{}: store {} differs from its changelog\n", which, p);
    }
  }
  return found;
}

std::string Simulation::Check() {
  if (!StopAll()) return faults_ + "a process does not stop\n";
  std::string found =
      faults_ + ChangeFaults(broker_) + PositionFaults(broker_) + MemberFaults(broker_);
  for (const auto& site : sites_) found += StoreFaults(broker_, site->stores);
  found += CheckDisks(*sites_[0], "on its disk");
  Site fresh("a fresh site", "test.fresh");
  found += CheckDisks(fresh, "on an empty disk");
  OutputsByKey actual = CommittedByKey(broker_);
  OutputsByKey due =
      plan_.learn == 0 ? UndisturbedOutput(plan_, script_) : OutputBySwitches(broker_, models_);
  if (plan_.profiles) {
    // A profile counts from when it is read, amid looks wherever that is.
    const auto sample = [](const auto& at) {
      return at.first.first == FakeBroker::OutputTopic(pipeline::Topic::kSamples);
    };
    std::erase_if(actual, sample);
    std::erase_if(due, sample);
  }
  return found + Differences(actual, due);
}

}  // namespace segmentd::support
