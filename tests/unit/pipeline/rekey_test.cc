#include "segmentd/pipeline/rekey.h"

#include <gmock/gmock.h>

#include <map>

namespace segmentd::pipeline {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr int kPartitions = 7;

class RekeyTest : public testing::Test {
 protected:
  Effects Apply(const event::RawRecord& record) {
    Options options;
    options.input_topics = {"orders", "", ""};
    options.transactions.fields["customer_id"] = {"buyer.id", {}};
    Effects effects;
    (*Rekey::Create(options))->Apply({&record, 1}, kPartitions, effects);
    return effects;
  }

  static event::RawRecord Record(std::string_view value) {
    event::RawRecord record;
    record.partition = Partition{3};
    record.offset = Offset{41};
    record.timestamp_ms = 1'790'000'000'000;
    record.key = "order-1";
    record.value = value;
    return record;
  }

  static std::map<std::string, std::string> Headers(const OutRecord& record) {
    std::map<std::string, std::string> headers;
    for (const OutHeader header : record.headers) headers.emplace(header.name, header.value);
    return headers;
  }
};

constexpr std::string_view kOrder =
    R"({"buyer":{"id":"c42"},"event_time":"2026-11-20T10:15:02Z","amount":5})";

TEST_F(RekeyTest, CopiesARecordUnderTheCustomerThatItsValueNames) {
  event::RawRecord record = Record(kOrder);
  const event::Header trace{"traceparent", "00-1"};
  record.headers = {&trace, 1};
  const Effects effects = Apply(record);
  ASSERT_EQ(effects.outputs.size(), 1U);
  const OutRecord& copy = effects.outputs.front();
  EXPECT_EQ(copy.topic, Topic::kRekeyed);
  EXPECT_EQ(copy.key, "c42");
  EXPECT_EQ(copy.value, kOrder);
  EXPECT_EQ(copy.timestamp_ms, record.timestamp_ms);
  EXPECT_EQ(copy.partition, PartitionOfKey("c42", kPartitions));
  EXPECT_THAT(Headers(copy), ElementsAre(Pair("traceparent", "00-1")));
  EXPECT_EQ(effects.counts.rekeyed, 1U);
}

TEST_F(RekeyTest, ARecordWithoutAKeyIsNoWorse) {
  event::RawRecord record = Record(kOrder);
  record.key.reset();
  EXPECT_EQ(Apply(record).outputs.front().topic, Topic::kRekeyed);
}

TEST_F(RekeyTest, DeadLettersWhatNamesNoCustomerWithTheRecordsOwnPlace) {
  const Effects effects = Apply(Record(R"({"event_time":"2026-11-20T10:15:02Z","amount":5})"));
  const OutRecord& letter = effects.outputs.front();
  EXPECT_EQ(letter.topic, Topic::kDlq);
  EXPECT_EQ(letter.partition, Partition{3});
  EXPECT_EQ(letter.key, "order-1");
  auto headers = Headers(letter);
  EXPECT_EQ(headers["segmentd.error.code"], "missing_field");
  EXPECT_EQ(headers["segmentd.error.topic"], "orders");
  EXPECT_EQ(headers["segmentd.error.partition"], "3");
  EXPECT_EQ(headers["segmentd.error.offset"], "41");
  EXPECT_EQ(effects.counts.rekeyed, 0U);
}

// A null value has nothing to name a customer with.
TEST_F(RekeyTest, DeadLettersANullValue) {
  event::RawRecord record = Record("");
  record.value.reset();
  const Effects effects = Apply(record);
  EXPECT_EQ(effects.outputs.front().topic, Topic::kDlq);
  EXPECT_EQ(effects.outputs.front().value, std::nullopt);
}

TEST_F(RekeyTest, APartitionIsTheKeysHashWithoutItsSign) {
  // The hash is negative: its highest bit is left out, the rest counts.
  constexpr std::int64_t kHash = -985981536;
  EXPECT_EQ(PartitionOfKey("a-little-bit-long-string", kPartitions).value(),
            (kHash & 0x7fffffff) % kPartitions);
}

}  // namespace
}  // namespace segmentd::pipeline
