#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "segmentd/rocks/stores.h"
#include "support/manual_clock.h"
#include "support/small_disk.h"

namespace segmentd::rocks {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kMiB = 1 << 20;
constexpr Partition kFirst{0};

class FullDiskTest : public testing::Test {
 protected:
  std::unique_ptr<ports::StoreFactory> Factory(const support::SmallDisk& disk,
                                               std::int64_t memory_bytes = 8 * kMiB) {
    auto opened = OpenStores({.dir = disk.path(), .memory_bytes = memory_bytes}, clock_);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(*opened);
  }

  // Writes until it is refused.
  static Error Fill(ports::StateStore& store) {
    std::mt19937_64 random(1);  // which no compression makes smaller
    for (int i = 0;; ++i) {
      std::string image;
      while (image.size() < 100'000) image += static_cast<char>(random());
      const std::string id = fmt::format("c{:09}", i);
      const ports::StoreWrite::Item item{id, image};
      const Status written = store.Write({.items = {&item, 1}, .meta = {}});
      if (!written.ok()) return written.error();
    }
  }

  support::ManualClock clock_;
};

TEST_F(FullDiskTest, RefusesToOpenAStoreWhereThereIsNoRoom) {
  const support::SmallDisk disk(4 * kMiB);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  const auto store = Factory(disk)->Open(kFirst);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::kStorage);
  EXPECT_THAT(store.error().message, HasSubstr("make room"));
}

// With little memory a table fills the disk, with much of it the log does.
TEST_F(FullDiskTest, AStoreThatFillsItsDiskSaysSoAndIsNotOpenedAgainBeforeThereIsRoom) {
  for (const std::int64_t memory_bytes : {8 * kMiB, 256 * kMiB}) {
    const support::SmallDisk disk(24 * kMiB);
    if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
    const auto stores = Factory(disk, memory_bytes);
    {
      auto store = stores->Open(kFirst);
      ASSERT_TRUE(store.ok()) << store.error().message;
      const Error full = Fill(**store);
      EXPECT_EQ(full.code, Code::kStorage) << full.message;
      EXPECT_THAT(full.message, HasSubstr("disk is full"));
    }
    const auto again = stores->Open(kFirst);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, Code::kStorage) << again.error().message;
    EXPECT_THAT(again.error().message, HasSubstr("make room"));
  }
}

// What was logged is read back and written into tables when a store is opened.
TEST_F(FullDiskTest, AsksForRoomForTheLogThatOpeningReads) {
  const support::SmallDisk disk(64 * kMiB);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  const auto stores = Factory(disk);
  ASSERT_TRUE(stores->Open(kFirst).ok());
  std::ofstream(disk.path() + "/0/000099.log") << std::string(25 * kMiB, 'x');
  const auto store = stores->Open(kFirst);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::kStorage) << store.error().message;
  EXPECT_THAT(store.error().message, HasSubstr("41 MiB"));
}

}  // namespace
}  // namespace segmentd::rocks
