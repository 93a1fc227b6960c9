#include "segmentd/base/random.h"
#include "segmentd/base/time_text.h"
#include "unit/event/decoding.h"

namespace segmentd::event {
namespace {

Format With(TimeFormat time) {
  Format format;
  format.time = time;
  return format;
}

std::string At(std::string_view time) {
  return R"({"customer_id":"c42","amount":1,"event_time":)" + std::string(time) + "}";
}

TEST(EventTimeTest, ReadsRfc3339WithAnyOffsetAndFraction) {
  Decoding decoding;
  for (const std::string time : {"2026-11-20T10:15:02.120Z", "2026-11-20T10:15:02.120999999Z",
                                 "2026-11-20T11:15:02.12+01:00", "2026-11-20t10:15:02.120z",
                                 "2026-11-20 10:15:02.120Z", "2026-11-19T22:45:02.120-11:30"}) {
    const auto event = decoding.Transaction("c42", At('"' + time + '"'));
    ASSERT_TRUE(event.has_value()) << time;
    EXPECT_EQ(event->event_time_ms, kPurchaseMs) << time;
  }
}

TEST(EventTimeTest, ReadsTheUsualShapesAsTheGeneralParserDoes) {
  Decoding decoding;
  Random random(7);
  for (int i = 0; i < 3000; ++i) {
    // From year 1 on, over leap years, centuries and the ends of months.
    const auto seconds = static_cast<std::int64_t>(random.Below(315'537'897'600)) - 62'135'596'800;
    const std::int64_t instant = seconds * 1000 + static_cast<std::int64_t>(random.Below(1000));
    std::string text = FormatRfc3339(instant);
    EXPECT_EQ(decoding.Transaction("c42", At('"' + text + '"'))->event_time_ms, instant) << text;
    text[5 + random.Below(14)] = static_cast<char>('0' + random.Below(10));
    const auto changed = decoding.Transaction("c42", At('"' + text + '"'));
    const auto expected = ParseRfc3339(text);
    ASSERT_EQ(changed.has_value(), expected.has_value()) << text;
    if (expected) {
      EXPECT_EQ(changed->event_time_ms, *expected) << text;
    }
  }
}

TEST(EventTimeTest, ReadsWholeSecondsAndMilliseconds) {
  Decoding seconds(With(TimeFormat::kSeconds));
  Decoding millis(With(TimeFormat::kMilliseconds));
  for (const std::string time : {"1795169702", "\"1795169702\"", "1795169702.0", "1.795169702e9"}) {
    EXPECT_EQ(seconds.Transaction("c42", At(time))->event_time_ms, 1'795'169'702'000) << time;
  }
  EXPECT_EQ(millis.Transaction("c42", At("1795169702120"))->event_time_ms, kPurchaseMs);
  EXPECT_EQ(millis.Transaction("c42", At("\"1795169702120\""))->event_time_ms, kPurchaseMs);
  EXPECT_EQ(millis.Transaction("c42", At("-1"))->event_time_ms, -1);
  EXPECT_EQ(millis.Transaction("c42", At("0"))->event_time_ms, 0);
}

TEST(EventTimeTest, RefusesWhatIsNotATime) {
  Decoding text;
  for (const std::string time :
       {R"("")", R"("yesterday")", R"("2026-11-20")", R"("2026-02-29T00:00:00Z")",
        R"("2026-13-01T00:00:00Z")", R"("2026-11-20T24:00:00Z")", R"("2026-11-20T10:15:02")",
        R"("2026-11-20T10:15:02.Z")", "1795169702", "true", "{}", "[]"}) {
    EXPECT_EQ(Verdict(text.Transaction("c42", At(time))), "bad_time/validate") << time;
  }
  Decoding seconds(With(TimeFormat::kSeconds));
  for (const std::string time : {R"("")", R"("2026-11-20T10:15:02Z")", R"(" 1")", R"("1.0")", "1.5",
                                 "1e300", "1e999", "99999999999999999999", "true", "[1]"}) {
    EXPECT_EQ(Verdict(seconds.Transaction("c42", At(time))), "bad_time/validate") << time;
  }
}

TEST(EventTimeTest, RefusesYearsBeyondFourDigits) {
  Decoding text;
  EXPECT_EQ(Verdict(text.Transaction("c42", At(R"("0001-01-01T00:00:00Z")"))), "accepted");
  EXPECT_EQ(Verdict(text.Transaction("c42", At(R"("9999-12-31T23:59:59.999Z")"))), "accepted");
  EXPECT_EQ(Verdict(text.Transaction("c42", At(R"("0000-12-31T23:59:59Z")"))), "bad_time/validate");
  EXPECT_EQ(Verdict(text.Transaction("c42", At(R"("9999-12-31T23:59:59-01:00")"))),
            "bad_time/validate");
  Decoding seconds(With(TimeFormat::kSeconds));
  EXPECT_EQ(Verdict(seconds.Transaction("c42", At("253402300799"))), "accepted");
  EXPECT_EQ(Verdict(seconds.Transaction("c42", At("253402300800"))), "bad_time/validate");
  EXPECT_EQ(Verdict(seconds.Transaction("c42", At("1795169702120"))), "bad_time/validate");
  Decoding millis(With(TimeFormat::kMilliseconds));
  EXPECT_EQ(Verdict(millis.Transaction("c42", At("-62135596800000"))), "accepted");
  EXPECT_EQ(Verdict(millis.Transaction("c42", At("-62135596800001"))), "bad_time/validate");
}

}  // namespace
}  // namespace segmentd::event
