#include "segmentd/v1/event.pb.h"
#include "unit/event/decoding.h"

namespace segmentd::event {
namespace {

using std::string_literals::operator""s;

Format Framed(Encoding encoding) {
  Format format;
  format.framing = Framing::kConfluent;
  format.encoding = encoding;
  return format;
}

std::string Message() {
  v1::Transaction message;
  message.set_event_time_ms(kPurchaseMs);
  message.set_amount(59.9);
  return message.SerializeAsString();
}

std::string ProfileMessage() {
  v1::Profile message;
  message.set_customer_id("c42");
  return message.SerializeAsString();
}

const std::string kId = "\x00\x00\x00\x01\x2c"s;
const std::string kGuid = "\x01" + "0123456789abcdef"s;

TEST(FramingTest, RefusesFramesWhereNoneIsConfigured) {
  Decoding json;
  EXPECT_EQ(Verdict(json.Transaction("c42", kId + Purchase())), "unexpected_framing/decode");
  EXPECT_EQ(Verdict(json.Transaction("c42", kGuid + Purchase())), "unexpected_framing/decode");
  EXPECT_EQ(Verdict(json.Transaction("c42", "\0"s)), "unexpected_framing/decode");
  EXPECT_EQ(Verdict(json.ProfileRecord("c42", kId + "{}")), "unexpected_framing/decode");
  Format format;
  format.encoding = Encoding::kProtobuf;
  Decoding protobuf(format);
  EXPECT_EQ(Verdict(protobuf.Transaction("c42", kId + "\0"s + Message())),
            "unexpected_framing/decode");
  EXPECT_EQ(Verdict(protobuf.Transaction("c42", "\x01"s)), "unexpected_framing/decode");
}

TEST(FramingTest, ReadsJsonBehindAnIdOrAGuid) {
  Decoding decoding(Framed(Encoding::kJson));
  EXPECT_EQ(Verdict(decoding.Transaction("c42", kId + Purchase())), "accepted");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", kGuid + Purchase())), "accepted");
}

TEST(FramingTest, ReadsTheFirstMessageInBothSpellings) {
  Decoding decoding(Framed(Encoding::kProtobuf));
  EXPECT_EQ(Verdict(decoding.Transaction("c42", kId + "\x00"s + Message())), "accepted");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", kId + "\x02\x00"s + Message())), "accepted");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", kGuid + "\x00"s + Message())), "accepted");
}

TEST(FramingTest, RefusesOtherMessagesOfTheSchema) {
  Decoding decoding(Framed(Encoding::kProtobuf));
  for (const std::string& indexes : {"\x02\x02"s, "\x04\x04\x02"s, "\x04\x00\x00"s, "\x02\x01"s}) {
    EXPECT_EQ(Verdict(decoding.Transaction("c42", kId + indexes + Message())),
              "unknown_schema/decode");
  }
}

TEST(FramingTest, ReadsTheProfileAsSecondOrOnlyMessage) {
  Decoding decoding(Framed(Encoding::kProtobuf));
  EXPECT_EQ(Verdict(decoding.ProfileRecord("c42", kId + "\x02\x02"s + ProfileMessage())),
            "accepted");
  EXPECT_EQ(Verdict(decoding.ProfileRecord("c42", kId + "\x00"s + ProfileMessage())), "accepted");
  EXPECT_EQ(Verdict(decoding.ProfileRecord("c42", kId + "\x02\x04"s + ProfileMessage())),
            "unknown_schema/decode");
}

TEST(FramingTest, RefusesFramesThatAreCutOrImpossible) {
  Decoding json(Framed(Encoding::kJson));
  for (const std::string& value : {""s, kId.substr(0, 4), kGuid.substr(0, 16), Purchase()}) {
    EXPECT_EQ(Verdict(json.Transaction("c42", value)), "malformed/decode");
  }
  Decoding protobuf(Framed(Encoding::kProtobuf));
  for (const std::string& indexes :
       {""s, "\x02"s, "\x01\x00"s, "\x80"s, "\x7e"s, "\xff\xff\xff\xff\x0f"s}) {
    EXPECT_EQ(Verdict(protobuf.Transaction("c42", kId + indexes)), "malformed/decode");
  }
}

TEST(FramingTest, TakesTheValueAsBareWhenAHeaderHasTheSchema) {
  Decoding json(Framed(Encoding::kJson));
  const std::string kWithMessage = kGuid + "\x00"s;
  const std::string kWithOther = kGuid + "\x02\x02"s;
  EXPECT_EQ(
      Verdict(json.Transaction("c42", Purchase(), {{"other", "x"}, {"__value_schema_id", kGuid}})),
      "accepted");
  EXPECT_EQ(Verdict(json.Transaction("c42", Purchase(), {{"__key_schema_id", kGuid}})),
            "malformed/decode");
  Decoding protobuf(Framed(Encoding::kProtobuf));
  EXPECT_EQ(Verdict(protobuf.Transaction("c42", Message(), {{"__value_schema_id", kGuid}})),
            "accepted");
  EXPECT_EQ(Verdict(protobuf.Transaction("c42", Message(), {{"__value_schema_id", kWithMessage}})),
            "accepted");
  EXPECT_EQ(Verdict(protobuf.Transaction("c42", Message(), {{"__value_schema_id", kWithOther}})),
            "unknown_schema/decode");
}

TEST(FramingTest, CountsTheFrameIntoTheSizeOfTheValue) {
  Format format = Framed(Encoding::kJson);
  format.max_bytes = static_cast<std::int64_t>(Purchase().size() + 4);
  Decoding decoding(format);
  EXPECT_EQ(Verdict(decoding.Transaction("c42", kId + Purchase())), "too_large/decode");
}

}  // namespace
}  // namespace segmentd::event
