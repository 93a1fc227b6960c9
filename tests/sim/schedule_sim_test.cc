// Goal: whatever goes wrong, wherever and however often, each customer's output is that of a run
// which nobody disturbs, and every store is its changelog.
// Method: several shards over a broker and disks in memory, in the order, with the trouble and with
// the settings that a seed makes. SEGMENTD_SIM_SEED and SEGMENTD_SIM_SCHEDULES say which seeds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/simulation.h"

namespace segmentd::support {
namespace {

std::uint64_t NumberFrom(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(ScheduleSimTest, CommitsWhatAnUndisturbedRunCommits) {
  const std::uint64_t first = NumberFrom("SEGMENTD_SIM_SEED", 1);
  const std::uint64_t schedules = NumberFrom("SEGMENTD_SIM_SCHEDULES", 2000);
  const Carelessness none;
  for (std::uint64_t seed = first; seed < first + schedules; ++seed) {
    Simulation simulation(Plan(seed), none);
    const std::string faults = simulation.Run();
    ASSERT_TRUE(faults.empty())
        << simulation.story() << faults
        << fmt::format("again: SEGMENTD_SIM_SEED={} SEGMENTD_SIM_SCHEDULES=1 ./dev test sim", seed);
  }
}

}  // namespace
}  // namespace segmentd::support
