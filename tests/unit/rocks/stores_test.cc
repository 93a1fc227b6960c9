#include "segmentd/rocks/stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/manual_clock.h"
#include "support/temp_dir.h"

namespace segmentd::rocks {
namespace {

namespace fs = std::filesystem;
using Images = std::map<std::string, std::string>;

class StoresTest : public testing::Test {
 protected:
  std::unique_ptr<ports::StoreFactory> Factory() {
    auto opened = OpenStores({.dir = dir_.path(), .memory_bytes = 8 << 20}, clock_);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(*opened);
  }
  static Status Put(ports::StateStore& store, const Images& images, std::int64_t next) {
    std::vector<ports::StoreWrite::Item> items;
    for (const auto& [id, image] : images) {
      items.push_back({id, image.empty() ? std::nullopt : std::optional<std::string_view>(image)});
    }
    ports::TaskMeta meta;
    meta.transactions_next = Offset{next};
    return store.Write({items, meta, {}, {}});
  }
  static std::vector<ports::Timer> Timers(ports::StateStore& store, const ports::Timer& from,
                                          std::size_t timers_max = 100) {
    std::vector<ports::Timer> timers;
    const Status read = store.ReadTimers(from, timers_max, timers);
    EXPECT_TRUE(read.ok()) << read.error().message;
    return timers;
  }
  static std::vector<std::string> Get(ports::StateStore& store,
                                      const std::vector<std::string_view>& ids) {
    std::vector<std::string> images;
    const Status read = store.Read(ids, images);
    EXPECT_TRUE(read.ok()) << read.error().message;
    return images;
  }
  // The first file of the partition whose name ends so.
  fs::path FileOf(std::string_view ending) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(dir_.path() + "/3")) {
      const std::string name = entry.path().filename().string();
      if (name.size() >= ending.size() && (name.ends_with(ending) || name.starts_with(ending))) {
        found.push_back(entry.path());
      }
    }
    std::sort(found.begin(), found.end());
    return found.empty() ? fs::path() : found.back();
  }
  static void Damage(const fs::path& path, std::int64_t at, int bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    for (int i = 0; i < bytes; ++i) file.put('\x5a');
  }

  support::TempDir dir_;
  support::ManualClock clock_;
  const Partition partition_{3};
};

TEST_F(StoresTest, KeepsTimersInOrderOfTimeThroughAReopening) {
  const std::vector<ports::Timer> armed = {
      {-5, "z"}, {0, ""}, {7, "a"}, {7, "b"}, {300, "a"}, {1LL << 40, std::string("\0b", 2)}};
  {
    auto factory = Factory();
    auto store = *factory->Open(Partition{0});
    ASSERT_TRUE(store->Write({{}, {}, {}, armed}).ok());
    EXPECT_EQ(Timers(*store, {INT64_MIN, ""}), armed);
  }
  auto factory = Factory();
  auto store = *factory->Open(Partition{0});
  EXPECT_EQ(Timers(*store, {INT64_MIN, ""}), armed);
  EXPECT_THAT(Timers(*store, {7, "b"}, 2),
              testing::ElementsAre(ports::Timer{7, "b"}, ports::Timer{300, "a"}));
}

TEST_F(StoresTest, RemovesTakenTimersAndAddsArmedOnesInOneWrite) {
  auto factory = Factory();
  auto store = *factory->Open(Partition{0});
  ASSERT_TRUE(store->Write({{}, {}, {}, std::vector<ports::Timer>{{7, "a"}, {8, "b"}}}).ok());
  const std::vector<ports::Timer> taken = {{7, "a"}, {8, "b"}};
  const std::vector<ports::Timer> armed = {{8, "b"}, {9, "a"}};
  ASSERT_TRUE(store->Write({{}, {}, taken, armed}).ok());
  EXPECT_EQ(Timers(*store, {INT64_MIN, ""}), armed) << "armed again is armed";
}

TEST_F(StoresTest, StartsEmpty) {
  const auto stores = Factory();
  const auto store = stores->Open(partition_).value();
  EXPECT_EQ(store->ReadMeta().value(), std::nullopt);
  EXPECT_THAT(Get(*store, {"a", "b"}), testing::ElementsAre("", ""));
}

TEST_F(StoresTest, ReadsBackWhatWasWrittenAfterReopening) {
  {
    const auto stores = Factory();
    const auto store = stores->Open(partition_).value();
    ASSERT_TRUE(Put(*store, {{"a", "1"}, {"b", "2"}, {"c", "3"}}, 10).ok());
    ASSERT_TRUE(Put(*store, {{"a", ""}, {"b", "22"}}, 20).ok());
  }
  const auto stores = Factory();
  const auto store = stores->Open(partition_).value();
  EXPECT_THAT(Get(*store, {"a", "b", "c", "d"}), testing::ElementsAre("", "22", "3", ""));
  EXPECT_EQ(store->ReadMeta().value()->transactions_next, Offset{20});
}

TEST_F(StoresTest, LoadsAsItWrites) {
  const std::vector<ports::Timer> before = {{-5, "old"}, {9, "b"}};
  const std::vector<ports::Timer> armed = {{-7, "a"}, {9, "b"}, {30, "c"}};
  const std::vector<ports::StoreWrite::Item> items = {{"a", "1"}, {"b", std::nullopt}, {"c", "2"}};
  ports::TaskMeta meta;
  meta.transactions_next = Offset{20};
  {
    auto factory = Factory();
    auto store = *factory->Open(partition_);
    ASSERT_TRUE(Put(*store, {{"b", "old"}, {"c", "old"}, {"d", "old"}}, 10).ok());
    ASSERT_TRUE(store->Write({{}, meta, {}, before}).ok());
    ASSERT_TRUE(store->Load({items, meta, {}, armed}).ok());
    ASSERT_TRUE(store->Load({{}, meta, {}, {}}).ok()) << "nothing but the position";
    EXPECT_THAT(Get(*store, {"a", "b", "c", "d"}), testing::ElementsAre("1", "", "2", "old"));
    ASSERT_TRUE(Put(*store, {{"c", "3"}}, 30).ok());
  }
  std::ofstream(dir_.path() + "/3/customers.load") << "of one who was killed";
  auto factory = Factory();
  auto store = *factory->Open(partition_);
  EXPECT_EQ((*store->ReadMeta())->transactions_next, Offset{30});
  EXPECT_THAT(Get(*store, {"a", "b", "c", "d"}), testing::ElementsAre("1", "", "3", "old"));
  EXPECT_THAT(Timers(*store, {INT64_MIN, ""}),
              testing::ElementsAre(ports::Timer{-7, "a"}, ports::Timer{-5, "old"},
                                   ports::Timer{9, "b"}, ports::Timer{30, "c"}));
  ASSERT_TRUE(store->Load({items, meta, {}, armed}).ok());
  EXPECT_THAT(Get(*store, {"a", "b", "c", "d"}), testing::ElementsAre("1", "", "2", "old"));
  EXPECT_TRUE(FileOf(".load").empty()) << "nothing is left beside the tables";
}

TEST_F(StoresTest, NamesTheCustomersFromAnIdOn) {
  const auto stores = Factory();
  const auto store = stores->Open(partition_).value();
  const std::string behind_b("b\0", 2);
  ASSERT_TRUE(Put(*store, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"\xff", "4"}}, 10).ok());
  ASSERT_TRUE(Put(*store, {{"c", ""}, {"d", "5"}}, 20).ok());
  const auto ids = [&](std::string_view from, std::size_t ids_max) {
    std::vector<std::string> found = {"of before"};
    EXPECT_TRUE(store->ReadIds(from, ids_max, found).ok());
    return found;
  };
  EXPECT_THAT(ids("", 2), testing::ElementsAre("a", "b"));
  EXPECT_THAT(ids(behind_b, 9), testing::ElementsAre("d", "\xff"));
  EXPECT_THAT(ids(std::string_view("\xff\0", 2), 9), testing::IsEmpty());
}

TEST_F(StoresTest, KeepsPartitionsApart) {
  const auto stores = Factory();
  const auto one = stores->Open(Partition{1}).value();
  const auto two = stores->Open(Partition{2}).value();
  ASSERT_TRUE(Put(*one, {{"a", "1"}}, 1).ok());
  EXPECT_THAT(Get(*two, {"a"}), testing::ElementsAre(""));
}

TEST_F(StoresTest, ScansInOrderOfIdsAndEndsWithTheVisitorsError) {
  const auto stores = Factory();
  const auto store = stores->Open(partition_).value();
  ASSERT_TRUE(Put(*store, {{"a", "1"}, {"b", "2"}, {"\xc3\xa9", "3"}}, 1).ok());
  std::string seen;
  ASSERT_TRUE(store
                  ->Scan([&](std::string_view id, std::string_view image) {
                    seen.append(id).append(image);
                    return Ok();
                  })
                  .ok());
  EXPECT_EQ(seen,
            "a1b2\xc3\xa9"
            "3");
  const Status ended = store->Scan([](std::string_view, std::string_view) -> Status {
    return Fail(Code::kCancelled, "enough");
  });
  EXPECT_EQ(ended.error().code, Code::kCancelled);
}

TEST_F(StoresTest, TurnsASecondOwnerAwayAndNamesTheFirst) {
  const auto first = Factory();
  const auto second = OpenStores({.dir = dir_.path()}, clock_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kStorage);
  EXPECT_THAT(second.error().message, testing::HasSubstr("process " + std::to_string(getpid())));
}

TEST_F(StoresTest, LetsTheNextOwnerInWhenTheFirstIsGone) {
  Factory();
  Factory();
}

TEST_F(StoresTest, KeepsEarlierWritesWhenTheLogsTailIsTorn) {
  {
    const auto stores = Factory();
    const auto store = stores->Open(partition_).value();
    ASSERT_TRUE(Put(*store, {{"a", "1"}}, 1).ok());
    ASSERT_TRUE(Put(*store, {{"a", "2"}, {"b", "2"}}, 2).ok());
  }
  const fs::path log = FileOf(".log");
  fs::resize_file(log, fs::file_size(log) - 3);
  const auto stores = Factory();
  const auto store = stores->Open(partition_).value();
  EXPECT_THAT(Get(*store, {"a", "b"}), testing::ElementsAre("1", ""));
  EXPECT_EQ(store->ReadMeta().value()->transactions_next, Offset{1});
}

TEST_F(StoresTest, ReportsADamagedManifestAndStartsEmptyAfterQuarantine) {
  {
    const auto stores = Factory();
    ASSERT_TRUE(Put(*stores->Open(partition_).value(), {{"a", "1"}}, 1).ok());
  }
  const auto stores = Factory();
  Damage(FileOf("MANIFEST"), 10, 40);
  const auto damaged = stores->Open(partition_);
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().code, Code::kCorruption) << damaged.error().message;
  ASSERT_TRUE(stores->Quarantine(partition_).ok());
  EXPECT_TRUE(fs::exists(fmt::format("{}/3.corrupt-{}", dir_.path(), clock_.WallMs())));
  EXPECT_EQ(stores->Open(partition_).value()->ReadMeta().value(), std::nullopt);
}

TEST_F(StoresTest, ReportsDamagedDataWhenItIsRead) {
  {
    const auto stores = Factory();
    Images images;
    for (int i = 0; i < 2000; ++i) images[fmt::format("c{:05}", i)] = std::string(100, 'x');
    ASSERT_TRUE(Put(*stores->Open(partition_).value(), images, 1).ok());
  }
  const auto stores = Factory();
  stores->Open(partition_).value().reset();  // reopening writes the log out as a table
  fs::path largest = FileOf(".sst");
  for (const auto& entry : fs::directory_iterator(dir_.path() + "/3")) {
    if (entry.path().extension() == ".sst" && entry.file_size() > fs::file_size(largest)) {
      largest = entry.path();
    }
  }
  Damage(largest, 200, 64);
  const auto store = stores->Open(partition_).value();
  std::vector<std::string> images;
  const std::vector<std::string_view> ids = {"c00000", "c00001"};
  EXPECT_EQ(store->Read(ids, images).error().code, Code::kCorruption);
}

TEST_F(StoresTest, ReportsAMissingTableAsCorruption) {
  {
    const auto stores = Factory();
    ASSERT_TRUE(Put(*stores->Open(partition_).value(), {{"a", "1"}}, 1).ok());
  }
  const auto stores = Factory();
  stores->Open(partition_).value().reset();
  fs::remove(FileOf(".sst"));
  EXPECT_EQ(stores->Open(partition_).error().code, Code::kCorruption);
}

TEST_F(StoresTest, RefusesAPartThatALaterVersionMade) {
  const auto stores = Factory();
  stores->Open(partition_).value().reset();
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : {"default", "state", "timers", "meta"}) families.push_back({name, {}});
  ASSERT_TRUE(rocksdb::DB::Open({}, dir_.path() + "/3", families, &handles, &db).ok());
  rocksdb::ColumnFamilyHandle* added = nullptr;
  ASSERT_TRUE(db->CreateColumnFamily({}, "vectors", &added).ok());
  handles.push_back(added);
  for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  delete db;
  EXPECT_EQ(stores->Open(partition_).error().code, Code::kNewer);
}

TEST_F(StoresTest, RefusesALaterFormat) {
  const auto stores = Factory();
  stores->Open(partition_).value().reset();
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : {"default", "state", "timers", "meta"}) families.push_back({name, {}});
  ASSERT_TRUE(rocksdb::DB::Open({}, dir_.path() + "/3", families, &handles, &db).ok());
  ASSERT_TRUE(db->Put({}, handles.back(), "format", "2").ok());
  for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  delete db;
  EXPECT_EQ(stores->Open(partition_).error().code, Code::kNewer);
}

TEST_F(StoresTest, SaysWhenTheDirectoryCannotBeMade) {
  std::ofstream(dir_.path() + "/file") << "x";
  EXPECT_EQ(OpenStores({.dir = dir_.path() + "/file/state"}, clock_).error().code, Code::kStorage);
}

}  // namespace
}  // namespace segmentd::rocks
