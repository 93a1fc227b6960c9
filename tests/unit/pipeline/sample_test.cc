#include "segmentd/pipeline/sample.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"
#include "segmentd/base/random.h"
#include "segmentd/feature/fold.h"
#include "segmentd/feature/record.h"
#include "segmentd/learn/rows.h"
#include "segmentd/v1/sample.pb.h"

namespace segmentd::pipeline {
namespace {

constexpr std::int64_t kDayOneMs = 1'720'000'000'000;

std::string RecordUntil(std::int64_t last_ms) {
  feature::Record record;
  for (int day = 2; day >= 0; --day) {
    event::Event event;
    event.event_time_ms = last_ms - day * kDayMs;
    event.amount = 12.5;
    event.category = "grocery";
    feature::Fold(event, {}, record);
  }
  std::string bytes;
  ByteWriter out(bytes);
  feature::EncodeRecord(record, out);
  return bytes;
}

Sample SomeSample() {
  return {kDayOneMs + kDayMs, SegmentId{7}, RecordUntil(kDayOneMs),
          "grocery",          "web",        {{"region", "north"}, {"gender", "f"}}};
}

TEST(SampleTest, ReadsBackWithItsNames) {
  const auto read = DecodeSample(EncodeSample(SomeSample()));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->as_of_ms, kDayOneMs + kDayMs);
  EXPECT_EQ(read->segment, SegmentId{7});
  EXPECT_EQ(read->record, RecordUntil(kDayOneMs));
  EXPECT_EQ(read->category, "grocery");
  EXPECT_EQ(read->channel, "web");
  EXPECT_EQ(read->attributes, SomeSample().attributes);
}

TEST(SampleTest, IsTheMessageOfItsSchema) {
  v1::Sample message;
  ASSERT_TRUE(message.ParseFromString(EncodeSample(SomeSample())));
  EXPECT_EQ(message.as_of_ms(), kDayOneMs + kDayMs);
  EXPECT_EQ(message.segment(), 7U);
  EXPECT_EQ(message.record(), RecordUntil(kDayOneMs));
  EXPECT_EQ(message.category(), "grocery");
  EXPECT_EQ(message.channel(), "web");
  ASSERT_EQ(message.attributes_size(), 2);
  EXPECT_EQ(message.attributes(1).name(), "gender");
  EXPECT_EQ(message.attributes(1).value(), "f");
  const std::string written = message.SerializeAsString();
  ASSERT_TRUE(DecodeSample(written).ok());
  EXPECT_EQ(EncodeSample(*DecodeSample(written)), EncodeSample(SomeSample()));
}

TEST(SampleTest, ACustomerOfAMillionEventsIsNoLargerThanOthers) {
  feature::Record record;
  event::Event event;
  event.has_id = true;
  for (int n = 0; n < 1'000'000; ++n) {
    event.event_time_ms = kDayOneMs + n * 100 * kSecondMs;
    event.id_hash = static_cast<std::uint64_t>(n);
    event.amount = n % 7 == 0 ? 1e300 : 12.5;
    event.kind = n % 11 == 0 ? event::Kind::kRefund : event::Kind::kPurchase;
    feature::Fold(event, {}, record);
  }
  Sample sample{record.last_event_ms, SegmentId{1}, {}, "", "", {}};
  ByteWriter out(sample.record);
  feature::EncodeRecord(record, out);
  EXPECT_LT(sample.record.size(), 1'500U);
  const auto read = DecodeSample(EncodeSample(sample));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->record, sample.record);
}

TEST(SampleTest, LeavesOutNamesThatWouldNotFit) {
  Sample sample = SomeSample();
  sample.category = std::string(1'000'000, 'x');
  sample.attributes[0].second = sample.category;
  const auto read = DecodeSample(EncodeSample(sample));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->category, "");
  EXPECT_EQ(read->channel, "web");
  EXPECT_THAT(read->attributes, testing::ElementsAre(testing::Pair("gender", "f")));
}

TEST(SampleTest, RefusesARecordThatCannotBeLearnedFrom) {
  const auto refused = [](const Sample& sample) {
    const auto read = DecodeSample(EncodeSample(sample));
    return !read.ok() && read.error().code == Code::kBadRecord;
  };
  Sample sample = SomeSample();
  sample.as_of_ms = kDayOneMs;
  EXPECT_FALSE(refused(sample));
  sample.as_of_ms = kDayOneMs - 1;
  EXPECT_TRUE(refused(sample)) << "older than the newest event in it";
  sample.as_of_ms = INT64_MAX;
  EXPECT_TRUE(refused(sample)) << "beyond year 9999";
  sample = SomeSample();
  sample.record += '\0';
  EXPECT_TRUE(refused(sample)) << "more than a record";
  sample.record.clear();
  EXPECT_TRUE(refused(sample)) << "no record";
  sample.record = RecordUntil(INT64_MIN + 3 * kDayMs);
  EXPECT_TRUE(refused(sample)) << "before year 1";
}

TEST(SampleTest, WhateverTheBytesIsRefusedOrStaysAsItWasRead) {
  const std::string whole = EncodeSample(SomeSample());
  Random random(1);
  int read_again = 0;
  for (int n = 0; n < 20'000; ++n) {
    std::string bytes =
        whole.substr(0, random.Chance(0.3) ? random.Below(whole.size()) : whole.size());
    for (std::uint64_t flips = random.Below(4); flips > 0 && !bytes.empty(); --flips) {
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    }
    const auto read = DecodeSample(bytes);
    if (!read.ok()) continue;
    ++read_again;
    const std::string written = EncodeSample(*read);
    const auto again = DecodeSample(written);
    ASSERT_TRUE(again.ok()) << again.error().message;
    ASSERT_EQ(EncodeSample(*again), written);
  }
  EXPECT_GT(read_again, 100);
}

TEST(SampleTest, TakesTheShareOfTheCustomersThatIsAskedFor) {
  int sampled = 0;
  for (int n = 0; n < 20'000; ++n) sampled += IsSampled(fmt::format("c{}", n), 0.3) ? 1 : 0;
  EXPECT_NEAR(sampled / 20'000.0, 0.3, 0.015);
  for (int n = 0; n < 1'000; ++n) {
    const std::string id = fmt::format("c{}", n);
    EXPECT_TRUE(IsSampled(id, 1));
    EXPECT_FALSE(IsSampled(id, 0));
    EXPECT_TRUE(!IsSampled(id, 0.1) || IsSampled(id, 0.3)) << "a larger share holds a smaller one";
  }
}

TEST(SampleTest, WhoIsSampledSaysNothingOfWhoIsHeldOut) {
  int sampled = 0;
  int both = 0;
  for (int n = 0; n < 50'000; ++n) {
    const std::string id = fmt::format("c{}", n);
    if (!IsSampled(id, 0.2)) continue;
    ++sampled;
    both += learn::IsHeldOut(Hash64(id)) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(both) / sampled, 0.1, 0.015);
}

}  // namespace
}  // namespace segmentd::pipeline
