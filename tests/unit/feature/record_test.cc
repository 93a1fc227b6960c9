#include "segmentd/feature/record.h"

#include <gtest/gtest.h>

#include "histories.h"
#include "segmentd/base/random.h"

namespace segmentd::feature {
namespace {

// Every list full, with amounts of cents or of fractions that no decimal is equal to.
Record FullRecord(bool cents) {
  Record record;
  Random random(5);
  const int days = 400;
  for (int day = 0; day < days; ++day) {
    for (int i = 0; i < 3; ++i) {
      const double amount = 1 + static_cast<double>(random.Below(100'000)) / (cents ? 100.0 : 77.7);
      const std::string category = "c" + std::to_string(random.Below(20));
      const std::string channel = "h" + std::to_string(random.Below(9));
      event::Event event = Purchase(kStart + day * kDayMs + i * 1000, amount,
                                    std::to_string(day * 3 + i), category, channel);
      event.discount = amount / (cents ? 100 : 7);
      Fold(event, {}, record);
    }
    if (day % 2 == 0)
      Fold(Refund(kStart + day * kDayMs + 5000, cents ? 9.99 : 1.0 / 3), {}, record);
  }
  record.as_of_ms += 3 * kDayMs;
  event::Profile profile;
  for (int i = 0; i < kAttributeSlots; ++i)
    profile.attributes.push_back({"name", false, 0, "value"});
  FoldProfile(profile, record);
  return record;
}

Record ThreePurchases() {
  Record record;
  event::Event event = Purchase(1'795'169'702'120, 59.90, "o-10001", "grocery", "web");
  event.quantity = 2;
  event.discount = 5.00;
  Fold(event, {}, record);
  Fold(Purchase(1'795'569'702'367, 124.49, "o-10002", "garden", "store"), {}, record);
  Fold(Purchase(1'796'869'702'911, 18.75, "o-10003", "grocery", "web"), {}, record);
  return record;
}

TEST(RecordTest, TakesAtMost138BytesForThreePurchases) {
  EXPECT_LE(Encoded(ThreePurchases()).size(), 138U);
}

TEST(RecordTest, TakesFewBytesForACustomerOfOneEventAndOfNone) {
  Record record;
  EXPECT_LE(Encoded(record).size(), 8U);
  Fold(Purchase(kStart, 59.90, "o-1", "grocery", "web"), {}, record);
  EXPECT_LE(Encoded(record).size(), 64U);
}

TEST(RecordTest, TakesAtMost1460BytesWhenEverythingIsFull) {
  const Record record = FullRecord(true);
  EXPECT_EQ(record.windows.days.count, Windows::kDays);
  EXPECT_EQ(record.windows.threes.count, Windows::kThreesHeld);
  EXPECT_EQ(record.windows.fifteens.count, Windows::kFifteensHeld);
  EXPECT_LE(Encoded(record).size(), 1460U);
}

TEST(RecordTest, IsLosslessForAmountsThatAreNotDecimal) {
  const std::string bytes = Encoded(FullRecord(false));
  EXPECT_LE(bytes.size(), 1700U);
  ByteReader in(bytes);
  Record back;
  ASSERT_TRUE(DecodeRecord(in, back).ok());
  EXPECT_EQ(Encoded(back), bytes);
}

TEST(RecordTest, LeavesTheReaderBehindTheRecord) {
  const std::string bytes = Encoded(ThreePurchases()) + "tail";
  ByteReader in(bytes);
  Record record;
  ASSERT_TRUE(DecodeRecord(in, record).ok());
  EXPECT_EQ(in.Bytes(4), "tail");
  EXPECT_TRUE(in.ok());
}

TEST(RecordTest, ReplacesWhateverTheRecordHeld) {
  const std::string bytes = Encoded(ThreePurchases());
  const std::string empty = Encoded(Record());
  Record plain;
  Fold(Purchase(1'796'000'000'000, 5), {}, plain);
  Record record = FullRecord(false);
  const std::string full = Encoded(record);
  for (const std::string& next : {empty, bytes, full, Encoded(plain), full, bytes, empty}) {
    ByteReader in(next);
    ASSERT_TRUE(DecodeRecord(in, record).ok());
    EXPECT_EQ(Encoded(record), next);
    Record fresh;
    ByteReader again(next);
    ASSERT_TRUE(DecodeRecord(again, fresh).ok());
    Fold(Purchase(1'796'869'702'999, 1, "x", "new", "new"), {}, fresh);
    Record copy = record;
    Fold(Purchase(1'796'869'702'999, 1, "x", "new", "new"), {}, copy);
    EXPECT_EQ(Encoded(copy), Encoded(fresh));
  }
}

TEST(RecordTest, RefusesEveryTruncation) {
  for (const Record& record : {ThreePurchases(), FullRecord(true)}) {
    const std::string bytes = Encoded(record);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ByteReader in(std::string_view(bytes).substr(0, size));
      Record back;
      const Status status = DecodeRecord(in, back);
      ASSERT_FALSE(status.ok()) << size;
      ASSERT_EQ(status.error().code, Code::kCorruption);
    }
  }
}

// They would not leave room for the next bucket.
TEST(RecordTest, RefusesBucketsOutsideTheirWindow) {
  const auto refuses = [](auto damage) {
    Record record = FullRecord(true);
    damage(record.windows);
    const std::string bytes = Encoded(record);
    ByteReader in(bytes);
    return !DecodeRecord(in, record).ok();
  };
  EXPECT_FALSE(refuses([](Windows&) {}));
  EXPECT_TRUE(refuses([](Windows& windows) { --windows.days.at[0].number; }));
  EXPECT_TRUE(refuses([](Windows& windows) { --windows.threes.at[0].number; }));
  EXPECT_TRUE(refuses([](Windows& windows) { ++windows.threes.at[19].number; }));
  EXPECT_TRUE(refuses([](Windows& windows) { --windows.fifteens.at[0].number; }));
  EXPECT_TRUE(refuses([](Windows& windows) { ++windows.fifteens.at[17].number; }));
  EXPECT_TRUE(refuses([](Windows& windows) { windows.days.at[4] = windows.days.at[5]; }));
  EXPECT_TRUE(refuses([](Windows& windows) { windows.days.count = 0; }));
}

TEST(RecordTest, RefusesDaysOfOrdersWhereThereAreNoOrders) {
  Record record;
  Fold(Purchase(kStart, 10, "o-1"), {}, record);
  Fold(Visit(kStart + 1), {}, record);
  std::string bytes = Encoded(record);
  const std::size_t orders = bytes.find("\x02\x01");  // of two events
  ASSERT_NE(orders, std::string::npos);
  bytes[orders + 1] = 0;
  ByteReader in(bytes);
  EXPECT_FALSE(DecodeRecord(in, record).ok());
}

// What decodes by chance must be as good as any record to fold, to read and to store.
TEST(RecordTest, SurvivesDamagedBytes) {
  const std::vector<std::string> names = FeatureNames(Plan{}, {});
  const Plan plan;
  const FeatureSet set = *FeatureSet::Compile(names, plan.profile_numbers, plan.profile_names);
  std::vector<double> values(names.size());
  const std::vector<std::string> sound = {Encoded(ThreePurchases()), Encoded(FullRecord(true)),
                                          Encoded(FullRecord(false))};
  Random random(11);
  int decoded = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = sound[random.Below(sound.size())];
    for (std::uint64_t i = random.Below(4) + 1; i > 0; --i) {
      bytes[random.Below(random.Chance(0.5) ? 40 : bytes.size())] =
          static_cast<char>(random.Next());
    }
    ByteReader in(bytes);
    Record record;
    if (!DecodeRecord(in, record).ok()) continue;
    ++decoded;
    Encoded(record);
    set.Snapshot(record, std::max(record.as_of_ms, record.last_event_ms), values);
    Fold(Purchase(kStart + round * kDayMs, round / 7.0, "a", "b", "c"), {}, record);
    Fold(Refund(record.last_event_ms - 1, 5), {}, record);
    Fold(Purchase(record.last_event_ms - 2, 5, {}, "d", "e"), {}, record);
    const std::string again = Encoded(record);
    ByteReader reread(again);
    EXPECT_TRUE(DecodeRecord(reread, record).ok()) << "round " << round;
  }
  EXPECT_GT(decoded, 100);
}

}  // namespace
}  // namespace segmentd::feature
