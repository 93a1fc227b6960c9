#include "segmentd/v1/event.pb.h"
#include "unit/event/decoding.h"

namespace segmentd::event {
namespace {

Format With(std::vector<std::string> attributes, Encoding encoding = Encoding::kJson) {
  Format format;
  format.encoding = encoding;
  format.profile_attributes = std::move(attributes);
  return format;
}

// "age=41 region=north": numbers and names as they came out.
std::string Summary(const Profile& profile) {
  std::string text;
  for (const Attribute& attribute : profile.attributes) {
    text += text.empty() ? "" : " ";
    text += std::string(attribute.name) + (attribute.is_number
                                               ? "=" + fmt::format("{}", attribute.number)
                                               : ":" + std::string(attribute.text));
  }
  return text;
}

TEST(JsonProfileTest, KeepsTheNamedAttributesInTheirOrder) {
  Decoding decoding(With({"region", "age", "member", "shoe_size"}));
  const auto profile =
      decoding.ProfileRecord("c42", R"({"customer_id":"c42","age":41,"income":38000,
      "region":"n\u006frth","gender":"f","member":true,"shoe_size":null})");
  ASSERT_TRUE(profile.has_value()) << profile.error().message;
  EXPECT_EQ(profile->customer_id, "c42");
  EXPECT_EQ(Summary(*profile), "region:north age=41 member=1");
}

TEST(JsonProfileTest, KeepsTextsUntilReset) {
  Decoding decoding(With({"region"}));
  const auto first = decoding.ProfileRecord("c42", R"({"region":"north"})");
  const auto second = decoding.ProfileRecord("c43", R"({"region":"south"})");
  EXPECT_EQ(Summary(*first), "region:north");
  EXPECT_EQ(Summary(*second), "region:south");
}

TEST(JsonProfileTest, ForgetsTheAttributesOfTheRecordBefore) {
  Decoding decoding(With({"region", "age"}));
  ASSERT_TRUE(decoding.ProfileRecord("c42", R"({"region":"north","age":3})"));
  EXPECT_EQ(Summary(*decoding.ProfileRecord("c43", "{}")), "");
  EXPECT_EQ(Summary(*decoding.ProfileRecord("c43", R"({"region":"","age":null})")), "");
}

TEST(JsonProfileTest, TakesANullValueAsARemovedProfile) {
  Decoding decoding(With({"age"}));
  ASSERT_TRUE(decoding.ProfileRecord("c41", R"({"age":3})"));
  const auto removed = decoding.ProfileRecord("c42", std::nullopt);
  ASSERT_TRUE(removed.has_value());
  EXPECT_EQ(removed->customer_id, "c42");
  EXPECT_TRUE(removed->attributes.empty());
  EXPECT_EQ(Verdict(decoding.ProfileRecord(std::nullopt, std::nullopt)), "key_mismatch/validate");
  EXPECT_EQ(Verdict(decoding.ProfileRecord("", std::nullopt)), "bad_value/validate");
}

TEST(JsonProfileTest, RefusesAttributesThatAreNeitherNumberNorName) {
  Decoding decoding(With({"age"}));
  for (const std::string age : {"[]", "{}", "1e999"}) {
    EXPECT_EQ(Verdict(decoding.ProfileRecord("c42", R"({"age":)" + age + "}")),
              "bad_value/validate");
    EXPECT_EQ(Verdict(decoding.ProfileRecord("c42", R"({"ignored":)" + age + "}")), "accepted");
  }
}

TEST(JsonProfileTest, RefusesForeignKeysAndMalformedValues) {
  Decoding decoding(With({"age"}));
  EXPECT_EQ(Verdict(decoding.ProfileRecord("c43", R"({"customer_id":"c42"})")),
            "key_mismatch/validate");
  EXPECT_EQ(Verdict(decoding.ProfileRecord(std::nullopt, "{}")), "key_mismatch/validate");
  EXPECT_EQ(Verdict(decoding.ProfileRecord("c42", "[]")), "malformed/decode");
  EXPECT_EQ(Verdict(decoding.ProfileRecord("c42", "")), "malformed/decode");
}

TEST(JsonProfileTest, FollowsTheMapping) {
  Format format = With({"age", "region", "tier"});
  format.fields["customer_id"] = {"id", {}};
  format.fields["age"] = {"person.age", {}};
  format.fields["tier"] = {{}, std::string("basic")};
  Decoding decoding(format);
  const auto profile =
      decoding.ProfileRecord("7", R"({"id":7,"person":{"age":41},"region":"north"})");
  ASSERT_TRUE(profile.has_value()) << profile.error().message;
  EXPECT_EQ(Summary(*profile), "age=41 region:north tier:basic");
}

TEST(ProtobufProfileTest, ReadsFieldsAndMapsByTheirNames) {
  v1::Profile message;
  message.set_customer_id("c42");
  message.set_age(41);
  message.set_income(38'000);
  message.set_region("north");
  (*message.mutable_numbers())["visits"] = 3;
  (*message.mutable_numbers())["zero"] = 0;
  (*message.mutable_names())["tier"] = "gold";
  (*message.mutable_names())["empty"] = "";
  Decoding decoding(
      With({"tier", "age", "region", "gender", "visits", "zero", "empty"}, Encoding::kProtobuf));
  const auto profile = decoding.ProfileRecord("c42", message.SerializeAsString());
  ASSERT_TRUE(profile.has_value()) << profile.error().message;
  EXPECT_EQ(Summary(*profile), "tier:gold age=41 region:north visits=3 zero=0");
}

TEST(ProtobufProfileTest, RefusesBytesThatAreNoMessage) {
  Decoding decoding(With({"age"}, Encoding::kProtobuf));
  EXPECT_EQ(Verdict(decoding.ProfileRecord("c42", "\x32\x05\x0a")), "malformed/decode");
  EXPECT_EQ(Verdict(decoding.ProfileRecord("c42", "\x22\x01\xff")), "malformed/decode");
}

}  // namespace
}  // namespace segmentd::event
