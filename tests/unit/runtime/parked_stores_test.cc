#include "segmentd/runtime/parked_stores.h"

#include <gtest/gtest.h>

#include "support/chaos.h"
#include "support/manual_clock.h"
#include "support/memory_stores.h"

namespace segmentd::runtime {
namespace {

using support::Call;

class ParkedStoresTest : public testing::Test {
 protected:
  ParkedStoresTest() {
    chaos_.Watch([this](Call call) {
      opened_ += call == Call::kOpenStore ? 1 : 0;
      return Ok();
    });
  }

  const Partition partition_{3};
  support::ManualClock clock_;
  support::Chaos chaos_;
  support::MemoryStores disk_{chaos_};
  ParkedStores stores_{disk_, clock_, /*grace_ms=*/1000};
  int opened_ = 0;
};

TEST_F(ParkedStoresTest, HandsAStoreOutAgainWithoutOpeningItAnew) {
  ASSERT_TRUE(stores_.Open(partition_).ok());
  clock_.AdvanceMs(999);
  stores_.CloseIdle();
  ASSERT_TRUE(stores_.Open(partition_).ok());
  EXPECT_EQ(opened_, 1);
}

TEST_F(ParkedStoresTest, ClosesWhatNobodyCameBackFor) {
  ASSERT_TRUE(stores_.Open(partition_).ok());
  clock_.AdvanceMs(1001);
  stores_.CloseIdle();
  ASSERT_TRUE(stores_.Open(partition_).ok());
  EXPECT_EQ(opened_, 2);
}

TEST_F(ParkedStoresTest, LeavesAStoreInUseAlone) {
  const auto held = stores_.Open(partition_);
  ASSERT_TRUE(held.ok());
  clock_.AdvanceMs(5000);
  stores_.CloseIdle();
  EXPECT_TRUE((*held)->ReadMeta().ok());
  EXPECT_EQ(stores_.Open(partition_).error().code, Code::kRetry);
  EXPECT_EQ(stores_.Quarantine(partition_).error().code, Code::kRetry);
}

TEST_F(ParkedStoresTest, ClosesAParkedStoreBeforeItIsMovedAside) {
  ASSERT_TRUE(stores_.Open(partition_).ok());
  ASSERT_TRUE(stores_.Quarantine(partition_).ok());
  EXPECT_EQ(disk_.quarantined(), 1);
  ASSERT_TRUE(stores_.Open(partition_).ok());
  EXPECT_EQ(opened_, 2);
}

TEST_F(ParkedStoresTest, ForgetsAnOpeningThatFailed) {
  int refused = 0;
  chaos_.Watch(
      [&](Call) -> Status { return refused++ == 0 ? Fail(Code::kStorage, "no such disk") : Ok(); });
  EXPECT_EQ(stores_.Open(partition_).error().code, Code::kStorage);
  EXPECT_TRUE(stores_.Open(partition_).ok());
}

}  // namespace
}  // namespace segmentd::runtime
