#include "segmentd/base/time_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace segmentd {
namespace {

TEST(Rfc3339Test, ReadsFractionsAndOffsetsAsUtcMilliseconds) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseRfc3339("2026-11-20T10:15:02.120Z"), 1795169702120);
  EXPECT_EQ(ParseRfc3339("2026-11-20T12:15:02.1209+02:00"), 1795169702120);
  EXPECT_EQ(ParseRfc3339("1969-12-31T23:59:59.999Z"), -1);
  EXPECT_EQ(ParseRfc3339("2016-12-31T23:59:60Z"), ParseRfc3339("2017-01-01T00:00:00Z"));
}

TEST(Rfc3339Test, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026-11-20", "2026-11-20T10:15:02", "2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z",
        "2026-11-20T10:15:02.Z", "2026-11-20T10:15:02+0200", "2026-11-20T10:15:02Zx",
        "20261120T101502Z"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339Test, WritesWhatItReads) {
  for (const std::int64_t instant : {0LL, -1LL, 1795169702120LL, -62135596800000LL}) {
    EXPECT_EQ(ParseRfc3339(FormatRfc3339(instant)), instant);
  }
  EXPECT_EQ(FormatRfc3339(1795169702120), "2026-11-20T10:15:02.120Z");
}

TEST(DurationTest, TakesOneWholeNumberAndOneUnit) {
  EXPECT_EQ(ParseDurationMs("250ms"), 250);
  EXPECT_EQ(ParseDurationMs("30d"), 30LL * 86'400'000);
  EXPECT_EQ(ParseDurationMs("5m"), 300'000);
  for (const char* text : {"", "5", "1.5h", "-1s", "5 m", "m", "99999999999999999d"}) {
    EXPECT_EQ(ParseDurationMs(text), std::nullopt) << text;
  }
  EXPECT_EQ(FormatDurationMs(90'000), "90s");
  EXPECT_EQ(FormatDurationMs(0), "0s");
}

TEST(BytesTextTest, TakesBinaryUnits) {
  EXPECT_EQ(ParseBytes("1MiB"), 1 << 20);
  EXPECT_EQ(ParseBytes("1000"), 1000);
  EXPECT_EQ(ParseBytes("1MB"), std::nullopt);
  EXPECT_EQ(FormatBytes(512LL << 20), "512MiB");
}

}  // namespace
}  // namespace segmentd
