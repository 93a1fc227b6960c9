#include <cmath>
#include <limits>

#include "segmentd/base/hash.h"
#include "unit/event/decoding.h"

namespace segmentd::event {
namespace {

using std::string_literals::operator""s;

std::string Nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return Purchase(R"(,"x":)" + std::string(count, '[') + std::string(count, ']'));
}

TEST(JsonTransactionTest, ReadsEveryFieldOfTheContract) {
  Decoding decoding;
  const auto event = decoding.Transaction("c42", R"({"event_id":"o-10001","customer_id":"c42",
      "event_time":"2026-11-20T10:15:02.120Z","kind":"purchase","amount":59.90,"quantity":2,
      "category":"grocery","channel":"web","discount":5.00,"currency":"EUR"})");
  ASSERT_TRUE(event.has_value()) << event.error().message;
  EXPECT_EQ(event->customer_id, "c42");
  EXPECT_EQ(event->event_time_ms, kPurchaseMs);
  EXPECT_EQ(event->kind, Kind::kPurchase);
  EXPECT_TRUE(event->has_id);
  EXPECT_EQ(event->id_hash, Hash64("o-10001"));
  EXPECT_EQ(event->amount, 59.9);
  EXPECT_EQ(event->quantity, 2);
  EXPECT_EQ(event->discount, 5);
  EXPECT_EQ(event->category, "grocery");
  EXPECT_EQ(event->channel, "web");
  EXPECT_EQ(event->currency, "EUR");
}

TEST(JsonTransactionTest, LeavesOutWhatIsNoCurrency) {
  Decoding decoding;
  for (const std::string more : {"", R"(,"currency":null)", R"(,"currency":978)"}) {
    const auto event = decoding.Transaction("c42", Purchase(more));
    ASSERT_TRUE(event.has_value()) << event.error().message;
    EXPECT_EQ(event->currency, "");
  }
}

TEST(JsonTransactionTest, FillsWhatIsAbsentOrNull) {
  Decoding decoding;
  for (const std::string more : {"", R"(,"event_id":null,"kind":null,"quantity":null)",
                                 R"(,"category":null,"channel":null,"discount":null)",
                                 R"(,"event_id":"","category":"","channel":"")"}) {
    const auto event = decoding.Transaction("c42", Purchase(more));
    ASSERT_TRUE(event.has_value()) << event.error().message;
    EXPECT_EQ(event->kind, Kind::kPurchase);
    EXPECT_FALSE(event->has_id);
    EXPECT_EQ(event->quantity, 1);
    EXPECT_EQ(event->discount, 0);
    EXPECT_EQ(event->category, "");
    EXPECT_EQ(event->channel, "");
  }
}

TEST(JsonTransactionTest, IgnoresUnknownFieldsOfAnyShape) {
  Decoding decoding;
  EXPECT_EQ(
      Verdict(decoding.Transaction(
          "c42",
          Purchase(R"(,"x":{"amount":"no","y":[1,{"z":null},"]"]},"w":[],"v":1e999,"u":true)"))),
      "accepted");
}

TEST(JsonTransactionTest, TakesTheLastOfRepeatedFields) {
  Decoding decoding;
  const auto event = decoding.Transaction("c42", Purchase(R"(,"amount":"no","amount":7)"));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->amount, 7);
}

TEST(JsonTransactionTest, UnescapesNamesAndTextsAndKeepsThemUntilReset) {
  Decoding decoding;
  const auto event = decoding.Transaction(
      "c42", Purchase(R"(,"c\u0061tegory":"caf\u00e9 \"\ud83d\ude00\"","channel":"a\\b")"));
  ASSERT_TRUE(event.has_value());
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(decoding.Transaction("c42", Purchase(R"(,"category":"other","channel":"shop")")));
  }
  EXPECT_EQ(event->category, "café \"😀\"");
  EXPECT_EQ(event->channel, "a\\b");
}

TEST(JsonTransactionTest, KeepsTextsLargerThanItsBlocks) {
  Decoding decoding;
  const std::string large(300'000, 'x');
  const auto first =
      decoding.Transaction("c42", Purchase(R"(,"category":")" + large + R"(","channel":"web")"));
  const auto second = decoding.Transaction("c42", Purchase(R"(,"category":"small")"));
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(first->category, large);
  EXPECT_EQ(first->channel, "web");
  EXPECT_EQ(second->category, "small");
  decoding.decoder().Reset();
  EXPECT_EQ(decoding.Transaction("c42", Purchase(R"(,"category":"again")"))->category, "again");
}

TEST(JsonTransactionTest, CountsANegativePurchaseAsARefundOfItsMagnitude) {
  Decoding decoding;
  const auto event = decoding.Transaction("c42", Purchase(R"(,"amount":-12.5)"));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->kind, Kind::kRefund);
  EXPECT_EQ(event->amount, 12.5);
}

TEST(JsonTransactionTest, TakesTheMagnitudeOfARefundWhateverItsSign) {
  Decoding decoding;
  for (const std::string amount : {"9", "-9"}) {
    const auto event =
        decoding.Transaction("c42", Purchase(R"(,"kind":"refund","amount":)" + amount));
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->kind, Kind::kRefund);
    EXPECT_EQ(event->amount, 9);
  }
}

TEST(JsonTransactionTest, TakesARefundOfWhichEverySideIsNegative) {
  Decoding decoding;
  const auto event =
      decoding.Transaction("c42", Purchase(R"(,"amount":-12.5,"quantity":-2,"discount":-1)"));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->kind, Kind::kRefund);
  EXPECT_EQ(event->quantity, 2);
  EXPECT_EQ(event->discount, 1);
}

TEST(JsonTransactionTest, NeverHandsOutANegativeZero) {
  Decoding decoding;
  const auto event =
      decoding.Transaction("c42", Purchase(R"(,"amount":-0.0,"quantity":-0.0,"discount":-0)"));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->kind, Kind::kPurchase);
  EXPECT_FALSE(std::signbit(event->amount));
  EXPECT_FALSE(std::signbit(event->quantity));
  EXPECT_FALSE(std::signbit(event->discount));
}

TEST(JsonTransactionTest, IgnoresTheAmountOfAVisit) {
  Decoding decoding;
  for (const std::string amount : {"12", "\"free\"", "null"}) {
    const auto event =
        decoding.Transaction("c42", Purchase(R"(,"kind":"visit","amount":)" + amount));
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->kind, Kind::kVisit);
    EXPECT_EQ(event->amount, 0);
  }
}

TEST(JsonTransactionTest, TakesTheCustomerFromTheKeyAlone) {
  Decoding decoding;
  const auto event =
      decoding.Transaction("c7", R"({"event_time":"2026-11-20T10:15:02Z","amount":1})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->customer_id, "c7");
}

TEST(JsonTransactionTest, TakesWholeNumbersAsIdsByTheirDigits) {
  Decoding decoding;
  const auto event =
      decoding.Transaction("42", Purchase(R"(,"customer_id":42 ,"event_id":18446744073709551616)"));
  ASSERT_TRUE(event.has_value()) << event.error().message;
  EXPECT_EQ(event->customer_id, "42");
  EXPECT_EQ(event->id_hash, Hash64("18446744073709551616"));
  EXPECT_EQ(Verdict(decoding.Transaction("42", Purchase(R"(,"customer_id":42.0)"))),
            "bad_value/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("43", Purchase(R"(,"customer_id":42)"))),
            "key_mismatch/validate");
}

TEST(JsonTransactionTest, RefusesWhatIsNotAJsonObject) {
  Decoding decoding;
  const std::vector<std::string> values = {"",
                                           " ",
                                           "null",
                                           "[]",
                                           "1",
                                           "\"x\"",
                                           "true",
                                           "{",
                                           "}",
                                           "{]",
                                           "not json",
                                           "{\"a\"}",
                                           "{\"a\":}",
                                           "{\"a\":1,}",
                                           "{\"a\":1 \"b\":2}",
                                           "{a:1}",
                                           "{\"a\":tru}",
                                           "{\"a\":nulll}",
                                           "{\"a\":01}",
                                           "{\"a\":1.}",
                                           "{\"a\":+1}",
                                           "{\"a\":.5}",
                                           "{\"a\":NaN}",
                                           "{\"a\":\"\\x\"}",
                                           "{\"a\":\"\\ud800\"}",
                                           "{\"a\":\"line\nbreak\"}",
                                           "{\"a\":[1,2}",
                                           "{\"a\":[1 2]}",
                                           "{\"a\":{\"b\":1}",
                                           "{\"a\":'b'}",
                                           Purchase() + "x",
                                           Purchase() + "}",
                                           Purchase() + Purchase(),
                                           "\xEF\xBB\xBF" + Purchase(),
                                           Purchase(",\"x\":\"\xff\""),
                                           Purchase(",\"x\":tru"),
                                           Purchase(R"(,"x":{"y":[1,2,]})"),
                                           Purchase(R"(,"x":1.2.3)"),
                                           Purchase() + "\0"s};
  for (const std::string& value : values) {
    EXPECT_EQ(Verdict(decoding.Transaction("c42", value)), "malformed/decode") << value;
  }
  EXPECT_EQ(Verdict(decoding.Transaction("c42", std::nullopt)), "malformed/decode");
}

TEST(JsonTransactionTest, AcceptsSpaceAroundTheObject) {
  Decoding decoding;
  EXPECT_EQ(Verdict(decoding.Transaction("c42", " \r\n\t" + Purchase() + " \n")), "accepted");
}

TEST(JsonTransactionTest, RefusesNestingThatNoHonestRecordHas) {
  Decoding decoding;
  EXPECT_EQ(Verdict(decoding.Transaction("c42", Nested(128))), "accepted");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", Nested(129))), "malformed/decode");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", Nested(400'000))), "malformed/decode");
}

TEST(JsonTransactionTest, RefusesRecordsWithoutKeyOrWithAnother) {
  Decoding decoding;
  EXPECT_EQ(Verdict(decoding.Transaction(std::nullopt, Purchase())), "key_mismatch/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("c43", Purchase())), "key_mismatch/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("", Purchase())), "key_mismatch/validate");
}

TEST(JsonTransactionTest, TakesTheCustomerFromTheValueWhereRecordsHaveNoKeys) {
  Format format;
  format.keyed = false;
  Decoding decoding(format);
  const auto event = decoding.Transaction(std::nullopt, Purchase());
  ASSERT_TRUE(event.has_value()) << event.error().message;
  ASSERT_TRUE(decoding.Transaction(std::nullopt, Purchase(R"(,"customer_id":7)")));
  EXPECT_EQ(event->customer_id, "c42");
  EXPECT_EQ(Verdict(decoding.Transaction(std::nullopt, "{}")), "missing_field/validate");
  EXPECT_EQ(Verdict(decoding.Transaction(std::nullopt, Purchase(R"(,"customer_id":"")"))),
            "bad_value/validate");
  EXPECT_EQ(Verdict(decoding.Transaction(std::nullopt, Purchase(R"(,"customer_id":true)"))),
            "bad_value/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("c43", Purchase())), "key_mismatch/validate");
}

TEST(JsonTransactionTest, RefusesCustomersThatAreNoText) {
  Decoding decoding;
  const std::string anonymous = R"({"event_time":"2026-11-20T10:15:02Z","amount":1})";
  EXPECT_EQ(Verdict(decoding.Transaction("", anonymous)), "bad_value/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("", Purchase(R"(,"customer_id":"")"))),
            "bad_value/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("\xff\xfe", anonymous)), "bad_value/validate");
  for (const std::string id : {"true", "{}", "[]", "1.5", "1e3"}) {
    EXPECT_EQ(Verdict(decoding.Transaction("c42", Purchase(R"(,"customer_id":)" + id))),
              "bad_value/validate");
  }
}

TEST(JsonTransactionTest, RefusesWhatIsMissing) {
  Decoding decoding;
  EXPECT_EQ(Verdict(decoding.Transaction("c42", "{}")), "missing_field/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", R"({"event_time":null,"amount":1})")),
            "missing_field/validate");
  for (const std::string kind : {"", R"("kind":"purchase",)", R"("kind":"refund",)"}) {
    const std::string value = "{" + kind + R"("event_time":"2026-11-20T10:15:02Z"})";
    EXPECT_EQ(Verdict(decoding.Transaction("c42", value)), "missing_field/validate") << value;
  }
}

TEST(JsonTransactionTest, RefusesValuesOfTheWrongTypeOrRange) {
  Decoding decoding;
  for (const std::string more :
       {R"("kind":"gift")", R"("kind":"Purchase")", R"("kind":1)", R"("kind":{})",
        R"("amount":"59.90")", R"("amount":true)", R"("amount":[1])", R"("amount":1e999)",
        R"("amount":-1e999)", R"("quantity":-1)", R"("quantity":"2")", R"("quantity":1e400)",
        R"("discount":-0.5)", R"("discount":{})", R"("category":7)", R"("category":false)",
        R"("channel":["web"])", R"("event_id":true)", R"("event_id":[])"}) {
    EXPECT_EQ(Verdict(decoding.Transaction("c42", Purchase("," + more))), "bad_value/validate")
        << more;
  }
}

TEST(JsonTransactionTest, ReadsNumbersAsTheNearestDouble) {
  Decoding decoding;
  const std::vector<std::pair<std::string, double>> numbers = {
      {"0.1000000000000000055511151231257827", 0.1},
      {"123456789012345678901234567890", 123456789012345678901234567890.0},
      {"1e-400", 0},
      {"0.00000000000000000000000000000", 0},
      {"5e0000000000000000000000000001", 50},
      {"1.7976931348623157e308", std::numeric_limits<double>::max()},
      {"1E+2", 100}};
  for (const auto& [text, number] : numbers) {
    const auto event = decoding.Transaction("c42", Purchase(R"(,"amount":)" + text));
    ASSERT_TRUE(event.has_value()) << text;
    EXPECT_EQ(event->amount, number) << text;
  }
}

TEST(JsonTransactionTest, ChecksInTheOrderOfTheContract) {
  Format format;
  format.max_bytes = 200;
  Decoding decoding(format);
  const std::string bad_time = R"({"customer_id":"c42","event_time":"x","amount":"x"})";
  EXPECT_EQ(Verdict(decoding.Transaction(std::nullopt, "\x01" + std::string(200, ' '))),
            "unexpected_framing/decode");
  EXPECT_EQ(Verdict(decoding.Transaction(std::nullopt, std::string(201, ' '))), "too_large/decode");
  EXPECT_EQ(Verdict(decoding.Transaction(std::nullopt, bad_time + "x")), "malformed/decode");
  EXPECT_EQ(Verdict(decoding.Transaction(std::nullopt, bad_time)), "key_mismatch/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", bad_time)), "bad_value/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", R"({"event_time":"x","amount":1})")),
            "bad_time/validate");
}

TEST(JsonTransactionTest, LimitsTheSizeOfTheValueToTheByte) {
  Format format;
  format.max_bytes = static_cast<std::int64_t>(Purchase().size());
  Decoding decoding(format);
  EXPECT_EQ(Verdict(decoding.Transaction("c42", Purchase())), "accepted");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", Purchase() + " ")), "too_large/decode");
}

TEST(JsonTransactionTest, QuotesForeignTextSafelyInMessages) {
  Decoding decoding;
  const auto control = decoding.Transaction("c42", Purchase(R"(,"kind":"a\n\u0000b")"));
  EXPECT_NE(control.error().message.find("\"a??b\""), std::string::npos) << control.error().message;
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "ü";
  const auto cut = decoding.Transaction("c42", Purchase(R"(,"kind":"x)" + umlauts + "\""));
  EXPECT_NE(cut.error().message.find("ü...\""), std::string::npos) << cut.error().message;
  const auto bytes = decoding.Transaction("\xff", Purchase());
  EXPECT_NE(bytes.error().message.find("1 bytes, not UTF-8"), std::string::npos);
}

}  // namespace
}  // namespace segmentd::event
