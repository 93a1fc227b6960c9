#include "segmentd/runtime/record_cache.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "segmentd/base/random.h"

namespace segmentd::runtime {
namespace {

constexpr std::int64_t kRoomy = 1 << 20;

std::map<std::string, std::string> Uncommitted(const RecordCache& cache) {
  std::map<std::string, std::string> seen;
  const Status visited = cache.VisitUncommitted([&](std::string_view id, std::string_view image) {
    seen[std::string(id)] = image;
    return Ok();
  });
  EXPECT_TRUE(visited.has_value());
  return seen;
}

std::string Ids(const std::vector<ports::StoreWrite::Item>& items) {
  std::string ids;
  for (const auto& item : items) ids += std::string(item.customer_id) + (item.image ? " " : "- ");
  return ids;
}

TEST(RecordCacheTest, FindsTheLastImagePut) {
  RecordCache cache(kRoomy);
  EXPECT_EQ(cache.Find("a"), std::nullopt);
  cache.Put("a", "one");
  cache.Put("b", "two");
  cache.Put("a", "a much longer image than before, which needs another block");
  EXPECT_EQ(cache.Find("a"), "a much longer image than before, which needs another block");
  EXPECT_EQ(cache.Find("b"), "two");
  EXPECT_EQ(cache.customers(), 2);
}

TEST(RecordCacheTest, KnowsThatACustomerDoesNotExist) {
  RecordCache cache(kRoomy);
  cache.Put("gone", "");
  EXPECT_EQ(cache.Find("gone"), "");
  cache.Committed();
  EXPECT_EQ(Ids(cache.Unstored()), "gone- ");
}

TEST(RecordCacheTest, GivesEachDirtyCustomerOnceHoweverOftenTouched) {
  RecordCache cache(kRoomy);
  cache.Put("b", "1");
  cache.Put("a", "1");
  cache.Put("b", "22");
  EXPECT_THAT(Uncommitted(cache),
              testing::ElementsAre(testing::Pair("a", "1"), testing::Pair("b", "22")));
  EXPECT_EQ(cache.uncommitted(), 2);
  EXPECT_EQ(cache.uncommitted_bytes(), 3);
}

TEST(RecordCacheTest, CarriesWhatIsCommittedUntilItIsStored) {
  RecordCache cache(kRoomy);
  cache.Put("b", "1");
  cache.Put("a", "1");
  cache.Committed();
  EXPECT_EQ(cache.uncommitted(), 0);
  cache.Put("c", "1");
  cache.Put("a", "2");
  cache.Committed();
  EXPECT_EQ(Ids(cache.Unstored()), "a b c ");
  EXPECT_EQ(cache.Unstored()[0].image, "2");
  cache.Stored();
  EXPECT_EQ(cache.unstored(), 0);
  EXPECT_EQ(cache.unstored_bytes(), 0);
}

TEST(RecordCacheTest, EvictsCleanCustomersOnly) {
  RecordCache cache(1);
  cache.Put("uncommitted", "1");
  cache.Trim();
  EXPECT_TRUE(cache.Find("uncommitted"));
  cache.Committed();
  cache.Trim();
  EXPECT_TRUE(cache.Find("uncommitted"));
  cache.Stored();
  cache.Trim();
  EXPECT_FALSE(cache.Find("uncommitted"));
  EXPECT_EQ(cache.customers(), 0);
}

TEST(RecordCacheTest, KeepsWhatIsUsedOverWhatIsNot) {
  RecordCache cache(kRoomy);
  const std::string image(1000, 'x');
  for (int i = 0; i < 500; ++i) cache.Put(fmt::format("c{}", i), image);
  cache.Committed();
  cache.Stored();
  cache.SetLimit(cache.bytes() - 1);
  cache.Trim();  // takes all marks of use back and evicts one
  for (int i = 100; i < 200; ++i) cache.Find(fmt::format("c{}", i));
  cache.SetLimit(cache.bytes() / 2);
  cache.Trim();
  EXPECT_LE(cache.bytes(), cache.bytes_max());
  for (int i = 101; i < 200; ++i) EXPECT_TRUE(cache.Find(fmt::format("c{}", i))) << i;
}

TEST(RecordCacheTest, EndsAVisitWithTheVisitorsError) {
  RecordCache cache(kRoomy);
  cache.Put("a", "1");
  const Status visited = cache.VisitUncommitted(
      [](std::string_view, std::string_view) -> Status { return Fail(Code::kAbort, "no"); });
  EXPECT_EQ(visited.error().code, Code::kAbort);
}

TEST(RecordCacheTest, NeedsLittleMemoryBesideTheImages) {
  RecordCache cache(INT64_MAX);
  const std::string image(400, 'x');
  constexpr int kCustomers = 100'000;
  for (int i = 0; i < kCustomers; ++i) cache.Put(fmt::format("c{:07}", i), image);
  cache.Committed();
  cache.Stored();
  const double beside = static_cast<double>(cache.bytes()) / kCustomers - 400;
  EXPECT_LT(beside, 75) << "id, index, slack, and the lists of dirty ones";
}

// Against the plainest model there is, with a limit that keeps eviction busy.
TEST(RecordCacheTest, AgreesWithAMapThroughAnyOrderOfCalls) {
  Random random(7);
  RecordCache cache(20'000);
  std::map<std::string, std::string> all;       // what was ever put
  std::map<std::string, std::string> unstored;  // committed since the last store write
  std::map<std::string, std::string> uncommitted;
  for (int step = 0; step < 20'000; ++step) {
    const std::string id = fmt::format("customer-{}", random.Below(400));
    if (random.Chance(0.5)) {
      const std::string image(random.Below(300), static_cast<char>('a' + random.Below(26)));
      cache.Put(id, image);
      all[id] = uncommitted[id] = image;
    } else if (const auto found = cache.Find(id)) {
      ASSERT_EQ(*found, all.at(id));
    } else {
      ASSERT_FALSE(unstored.contains(id) || uncommitted.contains(id)) << "a dirty one was lost";
    }
    if (random.Chance(0.05)) {
      ASSERT_EQ(Uncommitted(cache), uncommitted);
      cache.Committed();
      for (const auto& [key, value] : uncommitted) unstored[key] = value;
      uncommitted.clear();
      if (random.Chance(0.3)) {
        const auto items = cache.Unstored();
        ASSERT_EQ(items.size(), unstored.size());
        auto expected = unstored.begin();
        for (const auto& item : items) {
          ASSERT_EQ(item.customer_id, expected->first);
          ASSERT_EQ(item.image.value_or(""), expected->second);
          ++expected;
        }
        cache.Stored();
        unstored.clear();
      }
    }
    if (random.Chance(0.1)) cache.Trim();
    if (random.Chance(0.0005)) {
      cache.Clear();
      unstored.clear();
      uncommitted.clear();
    }
  }
}

}  // namespace
}  // namespace segmentd::runtime
