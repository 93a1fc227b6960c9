#include "unit/event/decoding.h"

namespace segmentd::event {
namespace {

FieldSource Path(std::string path) { return {std::move(path), {}}; }
FieldSource Text(std::string text) { return {{}, std::move(text)}; }
FieldSource Number(double number) { return {{}, number}; }

Format Mapped(std::map<std::string, FieldSource> fields) {
  Format format;
  format.fields = std::move(fields);
  return format;
}

std::string ErrorOf(const Format& format) {
  const auto decoder = Decoder::Create(format);
  if (decoder.ok()) return "none";
  EXPECT_EQ(decoder.error().code, Code::kConfig);
  return decoder.error().message;
}

TEST(MappingTest, ReadsDottedPathsPointersAndConstants) {
  Format format = Mapped({{"customer_id", Path("buyer.number")},
                          {"event_time", Path("/meta/created~1at")},
                          {"amount", Path("order.lines.1.net")},
                          {"event_id", Path("/order.id")},
                          {"category", Path("/a~0b")},
                          {"channel", Text("web")},
                          {"quantity", Number(3)}});
  format.time = TimeFormat::kMilliseconds;
  Decoding decoding(format);
  const auto event =
      decoding.Transaction("42", R"({"meta":{"created/at":1795169702120},"buyer":{"number":42},
      "order":{"lines":[{"net":1},{"net":2.5},{"net":4}],"id":"no"},"order.id":"yes","a~b":"toys",
      "channel":"ignored","quantity":"ignored"})");
  ASSERT_TRUE(event.has_value()) << event.error().message;
  EXPECT_EQ(event->customer_id, "42");
  EXPECT_EQ(event->event_time_ms, kPurchaseMs);
  EXPECT_EQ(event->amount, 2.5);
  EXPECT_TRUE(event->has_id);
  EXPECT_EQ(event->category, "toys");
  EXPECT_EQ(event->channel, "web");
  EXPECT_EQ(event->quantity, 3);
}

TEST(MappingTest, ReadsFieldsThatAreNotMappedByTheirOwnNames) {
  Decoding decoding(Mapped({{"category", Path("department")}}));
  const auto event =
      decoding.Transaction("c42", Purchase(R"(,"department":"toys","category":7,"channel":"web")"));
  ASSERT_TRUE(event.has_value()) << event.error().message;
  EXPECT_EQ(event->category, "toys");
  EXPECT_EQ(event->channel, "web");
}

TEST(MappingTest, ReadsOnePathIntoTwoFields) {
  Decoding decoding(Mapped({{"category", Path("x")}, {"channel", Path("x")}}));
  const auto event = decoding.Transaction("c42", Purchase(R"(,"x":"both")"));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->category, "both");
  EXPECT_EQ(event->channel, "both");
}

TEST(MappingTest, FindsNothingWhereAPathLeadsThroughAScalar) {
  Decoding decoding(Mapped({{"amount", Path("order.total")}}));
  EXPECT_EQ(Verdict(decoding.Transaction("c42", Purchase(R"(,"order":5)"))),
            "missing_field/validate");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", Purchase(R"(,"order":{"total":5})"))), "accepted");
  EXPECT_EQ(Verdict(decoding.Transaction("c42", Purchase(R"(,"order":[])"))),
            "missing_field/validate");
}

TEST(MappingTest, RefusesAnObjectWhereAFieldIsExpected) {
  Decoding decoding(Mapped({{"category", Path("x")}, {"channel", Path("x.y")}}));
  EXPECT_EQ(Verdict(decoding.Transaction("c42", Purchase(R"(,"x":{"y":"web"})"))),
            "bad_value/validate");
}

TEST(MappingTest, GivesEveryRecordAConstantKind) {
  Decoding decoding(Mapped({{"kind", Text("visit")}}));
  EXPECT_EQ(decoding.Transaction("c42", Purchase())->kind, Kind::kVisit);
}

TEST(MappingTest, NamesTheNearestFieldForAnUnknownOne) {
  EXPECT_NE(ErrorOf(Mapped({{"custmer_id", Path("x")}})).find("did you mean \"customer_id\"?"),
            std::string::npos);
  EXPECT_NE(ErrorOf(Mapped({{"zzz", Path("x")}})).find("the fields are customer_id, event_id"),
            std::string::npos);
  Format format = Mapped({{"incom", Path("x")}});
  format.profile_attributes = {"income"};
  EXPECT_NE(ErrorOf(format).find("did you mean \"income\"?"), std::string::npos);
}

TEST(MappingTest, RefusesPathsThatCannotBeParsed) {
  for (const std::string path : {"", ".", "a..b", "a.", ".a", "/a~", "/a~2b"}) {
    const std::string error = ErrorOf(Mapped({{"amount", Path(path)}}));
    EXPECT_EQ(error.rfind("fields: amount: ", 0), 0U) << error;
  }
  EXPECT_EQ(ErrorOf(Mapped({{"amount", Path("/a~0~1")}, {"currency", Path("cur")}})), "none");
}

TEST(MappingTest, RefusesConstantsThatNoRecordCouldHave) {
  EXPECT_NE(ErrorOf(Mapped({{"kind", Text("gift")}})), "none");
  EXPECT_NE(ErrorOf(Mapped({{"amount", Text("5")}})), "none");
  EXPECT_NE(ErrorOf(Mapped({{"quantity", Number(-1)}})), "none");
  EXPECT_NE(ErrorOf(Mapped({{"category", Number(1)}})), "none");
  EXPECT_NE(ErrorOf(Mapped({{"category", Text("\xff")}})), "none");
  EXPECT_NE(ErrorOf(Mapped({{"customer_id", Text("c42")}})), "none");
  EXPECT_NE(ErrorOf(Mapped({{"event_id", Text("1")}})), "none");
  EXPECT_NE(ErrorOf(Mapped({{"amount", {"path", 5.0}}})), "none");
}

TEST(MappingTest, AllowsOnlyConstantsForProtobuf) {
  Format format = Mapped({{"customer_id", Path("customer_id")}, {"channel", Text("web")}});
  format.encoding = Encoding::kProtobuf;
  EXPECT_EQ(ErrorOf(format), "none");
  format.fields["amount"] = Path("total");
  EXPECT_NE(ErrorOf(format).find("only constants"), std::string::npos);
}

}  // namespace
}  // namespace segmentd::event
