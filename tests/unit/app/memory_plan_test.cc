#include "app/memory_plan.h"

#include <gtest/gtest.h>

namespace segmentd::app {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

TEST(MemoryPlanTest, SharesOutWhatIsThereAndNoMore) {
  for (const std::int64_t memory : {64 * kMiB, 512 * kMiB, 1024 * kMiB, 65536 * kMiB}) {
    for (const int shards : {1, 2, 8}) {
      const MemoryPlan plan = PlanMemory(memory, shards);
      const std::int64_t sum =
          shards * (plan.fetch_bytes + plan.send_bytes + plan.commit_bytes + plan.cache_bytes) +
          plan.helpers * plan.fetch_bytes + plan.store_bytes;
      EXPECT_EQ(sum, memory) << memory << " " << shards;
      EXPECT_GT(plan.cache_bytes, 0);
      EXPECT_GT(plan.store_bytes, 0);
    }
  }
}

TEST(MemoryPlanTest, GivesQueuesNoMoreThanTheyCanUse) {
  EXPECT_EQ(PlanMemory(65536 * kMiB, 1).fetch_bytes, 64 * kMiB);
}

TEST(MemoryPlanTest, SharesOutWhatIsThereWithAStageThatRekeysToo) {
  const MemoryPlan plan = PlanMemory(64 * kMiB, 2, /*rekey=*/true);
  const std::int64_t sum =
      2 * (plan.fetch_bytes + plan.send_bytes + plan.commit_bytes + plan.cache_bytes) +
      plan.helpers * plan.fetch_bytes + plan.fetch_bytes + plan.send_bytes + plan.store_bytes;
  EXPECT_EQ(sum, 64 * kMiB);
}

TEST(MemoryPlanTest, TheLeastIsStillSharedOutInFull) {
  for (const int shards : {1, 8, 64}) {
    const std::int64_t least = LeastMemory(shards, false);
    const MemoryPlan plan = PlanMemory(least, shards);
    EXPECT_GT(plan.cache_bytes, 0) << shards;
    EXPECT_EQ(plan.fetch_bytes * (3 * shards + plan.helpers) + plan.cache_bytes * shards +
                  plan.store_bytes,
              least);
  }
}

TEST(MemoryPlanTest, DescribesItselfInMebibytes) {
  EXPECT_EQ(DescribeMemory({1, 2 * kMiB, 3 * kMiB, 4 * kMiB, 5 * kMiB, 6 * kMiB}, 2),
            "2 x (fetch 2 + send 3 + commit 4 + cache 5) + 1 x restore 2 + store 6 MiB");
}

}  // namespace
}  // namespace segmentd::app
