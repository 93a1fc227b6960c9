#include "segmentd/telemetry/status_board.h"

#include <gtest/gtest.h>

namespace segmentd::telemetry {
namespace {

ports::ShardStatus StatusOf(int shard, std::uint64_t commits) {
  ports::ShardStatus status;
  status.shard = shard;
  status.commits = commits;
  return status;
}

TEST(StatusBoardTest, KeepsTheLastStatusOfEachShard) {
  StatusBoard board;
  board.OnStatus(StatusOf(1, 1));
  board.OnStatus(StatusOf(0, 0));
  board.OnStatus(StatusOf(1, 2));
  const auto shards = board.Shards();
  ASSERT_EQ(shards.size(), 2U);
  EXPECT_EQ(shards[0].shard, 0);
  EXPECT_EQ(shards[1].commits, 2U);
}

TEST(StatusBoardTest, KeepsTheNewestChangesAndNoMore) {
  StatusBoard board(2);
  for (const char* id : {"a", "b", "c"}) {
    pipeline::ChangeNote change;
    change.customer_id = id;
    board.OnChanges({&change, 1});
  }
  const auto changes = board.NewestChanges();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].customer_id, "b");
  EXPECT_EQ(changes[1].customer_id, "c");
}

}  // namespace
}  // namespace segmentd::telemetry
