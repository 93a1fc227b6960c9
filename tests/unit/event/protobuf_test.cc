#include <cmath>
#include <limits>

#include "segmentd/base/hash.h"
#include "segmentd/v1/event.pb.h"
#include "unit/event/decoding.h"

namespace segmentd::event {
namespace {

using std::string_literals::operator""s;

Format Protobuf() {
  Format format;
  format.encoding = Encoding::kProtobuf;
  return format;
}

v1::Transaction Least() {
  v1::Transaction message;
  message.set_customer_id("c42");
  message.set_event_time_ms(kPurchaseMs);
  message.set_amount(59.9);
  return message;
}

TEST(ProtobufTransactionTest, ReadsEveryFieldOfTheMessage) {
  v1::Transaction message = Least();
  message.set_event_id("o-10001");
  message.set_kind(v1::Transaction::KIND_REFUND);
  message.set_quantity(2);
  message.set_category("grocery");
  message.set_channel("café");
  message.set_discount(5);
  message.set_currency("EUR");
  Decoding decoding(Protobuf());
  const auto event = decoding.Transaction("c42", message.SerializeAsString());
  ASSERT_TRUE(event.has_value()) << event.error().message;
  EXPECT_EQ(event->customer_id, "c42");
  EXPECT_EQ(event->event_time_ms, kPurchaseMs);
  EXPECT_EQ(event->kind, Kind::kRefund);
  EXPECT_EQ(event->id_hash, Hash64("o-10001"));
  EXPECT_EQ(event->amount, 59.9);
  EXPECT_EQ(event->quantity, 2);
  EXPECT_EQ(event->discount, 5);
  EXPECT_EQ(event->category, "grocery");
  EXPECT_EQ(event->channel, "café");
  EXPECT_EQ(event->currency, "EUR");
}

TEST(ProtobufTransactionTest, FillsWhatIsAbsent) {
  v1::Transaction message = Least();
  message.clear_customer_id();
  message.set_event_time_ms(-5);
  Decoding decoding(Protobuf());
  const auto event = decoding.Transaction("c7", message.SerializeAsString());
  ASSERT_TRUE(event.has_value()) << event.error().message;
  EXPECT_EQ(event->customer_id, "c7");
  EXPECT_EQ(event->event_time_ms, -5);
  EXPECT_EQ(event->kind, Kind::kPurchase);
  EXPECT_FALSE(event->has_id);
  EXPECT_EQ(event->quantity, 1);
}

TEST(ProtobufTransactionTest, ReadsTimeInMillisecondsWhateverIsConfigured) {
  Format format = Protobuf();
  format.time = TimeFormat::kSeconds;
  Decoding decoding(format);
  EXPECT_EQ(decoding.Transaction("c42", Least().SerializeAsString())->event_time_ms, kPurchaseMs);
}

TEST(ProtobufTransactionTest, AppliesTheRulesOfTheContract) {
  Decoding decoding(Protobuf());
  const auto verdict = [&](auto change) {
    v1::Transaction message = Least();
    change(message);
    return Verdict(decoding.Transaction("c42", message.SerializeAsString()));
  };
  using M = v1::Transaction;
  EXPECT_EQ(verdict([](M& m) { m.set_kind(M::KIND_VISIT), m.clear_amount(); }), "accepted");
  EXPECT_EQ(verdict([](M& m) { m.clear_amount(); }), "missing_field/validate");
  EXPECT_EQ(verdict([](M& m) { m.clear_event_time_ms(); }), "missing_field/validate");
  EXPECT_EQ(verdict([](M& m) { m.set_kind(static_cast<M::Kind>(9)); }), "bad_value/validate");
  EXPECT_EQ(verdict([](M& m) { m.set_amount(std::nan("")); }), "bad_value/validate");
  EXPECT_EQ(verdict([](M& m) { m.set_amount(-INFINITY); }), "bad_value/validate");
  EXPECT_EQ(verdict([](M& m) { m.set_quantity(-1); }), "bad_value/validate");
  EXPECT_EQ(verdict([](M& m) { m.set_customer_id("c43"); }), "key_mismatch/validate");
  EXPECT_EQ(verdict([](M& m) { m.set_event_time_ms(253'402'300'800'000); }), "bad_time/validate");
  EXPECT_EQ(verdict([](M& m) { m.set_event_time_ms(std::numeric_limits<std::int64_t>::min()); }),
            "bad_time/validate");
}

TEST(ProtobufTransactionTest, RefusesBytesThatAreNoMessage) {
  Decoding decoding(Protobuf());
  const std::string whole = Least().SerializeAsString();
  for (const std::string& value : {whole.substr(0, whole.size() - 1), "\x07"s, whole + "\x0b"s,
                                   "\x0a\xff"s, "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s,
                                   "\x42\x02\xff\xfe"s, "\x52\x01\xff"s, R"({"a":1})"s}) {
    EXPECT_EQ(Verdict(decoding.Transaction("c42", value)), "malformed/decode");
  }
  EXPECT_EQ(Verdict(decoding.Transaction("c42", std::nullopt)), "malformed/decode");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", "")), "missing_field/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", "\x18\x00"s)), "missing_field/validate");
}

TEST(ProtobufTransactionTest, SkipsUnknownFieldsAndWireTypes) {
  Decoding decoding(Protobuf());
  // Field 4 as a string, field 100 as a varint, field 101 as four bytes.
  const std::string value =
      Least().SerializeAsString() + "\x22\x02hi"s + "\xa0\x06\x01"s + "\xad\x06wxyz"s;
  EXPECT_EQ(Verdict(decoding.Transaction("c42", value)), "accepted");
}

TEST(ProtobufTransactionTest, SetsConstants) {
  Format format = Protobuf();
  format.fields["channel"] = {{}, std::string("web")};
  Decoding decoding(format);
  EXPECT_EQ(decoding.Transaction("c42", Least().SerializeAsString())->channel, "web");
}

}  // namespace
}  // namespace segmentd::event
