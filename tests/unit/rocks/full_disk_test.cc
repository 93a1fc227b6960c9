#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <climits>
#include <filesystem>
#include <fstream>
#include <random>

#include "rocks/open_options.h"
#include "rocks/rocks_store.h"
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

  // Writes until it is refused, or has written enough.
  static Status Fill(ports::StateStore& store, int customers_max = INT_MAX) {
    std::mt19937_64 random(1);  // which no compression makes smaller
    for (int i = 0; i < customers_max; ++i) {
      std::string image;
      while (image.size() < 100'000) image += static_cast<char>(random());
      const std::string id = fmt::format("c{:09}", i);
      const ports::StoreWrite::Item item{id, image};
      SEGMENTD_RETURN_IF_ERROR(store.Write({.items = {&item, 1}, .meta = {}}));
    }
    return Ok();
  }

  // Somebody else takes all of the disk but for so much.
  static void Leave(const support::SmallDisk& disk, std::int64_t bytes) {
    std::ofstream ballast(disk.path() + "/ballast");
    const auto free = static_cast<std::int64_t>(std::filesystem::space(disk.path()).available);
    ballast << std::string(static_cast<std::size_t>(std::max<std::int64_t>(free - bytes, 0)), 'x');
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
      const Status full = Fill(**store);
      ASSERT_FALSE(full.ok());
      EXPECT_EQ(full.error().code, Code::kStorage) << full.error().message;
      EXPECT_THAT(full.error().message, HasSubstr("disk is full"));
    }
    const auto again = stores->Open(kFirst);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, Code::kStorage) << again.error().message;
    EXPECT_THAT(again.error().message, HasSubstr("make room"));
  }
}

TEST_F(FullDiskTest, SaysSoWhenWhatIsToBeLoadedFindsNoRoom) {
  const support::SmallDisk disk(24 * kMiB);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  const auto stores = Factory(disk);
  auto store = stores->Open(kFirst);
  ASSERT_TRUE(store.ok()) << store.error().message;
  std::mt19937_64 random(1);
  std::string image;
  while (image.size() < 30 * kMiB) image += static_cast<char>(random());
  const ports::StoreWrite::Item item{"c", image};
  const Status full = (*store)->Load({.items = {&item, 1}, .meta = {}});
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, Code::kStorage) << full.error().message;
  EXPECT_THAT(full.error().message, HasSubstr("disk is full"));
}

// The disk fills up behind the look at its room, so that opening meets its end, wherever that is.
TEST_F(FullDiskTest, AStoreThatFillsItsDiskWhileItIsOpenedSaysSo) {
  for (const std::int64_t left_kib : {0, 8, 64, 512, 1024, 2048, 4096}) {
    const support::SmallDisk disk(64 * kMiB);
    if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
    // Enough for its writes to stay in the log, whatever RocksDB's own threads see of the disk.
    const StoreOptions options{.dir = disk.path(), .memory_bytes = 256 * kMiB};
    {
      auto store = Factory(disk, options.memory_bytes)->Open(kFirst);
      ASSERT_TRUE(store.ok()) << store.error().message;
      const Status filled = Fill(**store, 30);
      ASSERT_TRUE(filled.ok()) << filled.error().message;
    }
    Leave(disk, left_kib << 10);
    const auto again = RocksStore::Open(OpenOptions(options), disk.path() + "/0");
    EXPECT_EQ(again.ok(), left_kib == 4096) << "the log has 3 MB";
    if (again.ok()) continue;
    EXPECT_EQ(again.error().code, Code::kStorage) << again.error().message;
    EXPECT_THAT(again.error().message, HasSubstr("disk is full"));
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
