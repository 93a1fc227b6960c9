#include "segmentd/base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace segmentd {
namespace {

TEST(BytesTest, ReadsBackWhatWasWritten) {
  std::string bytes;
  ByteWriter out(bytes);
  out.U8(7);
  out.U32(0xdeadbeef);
  out.F64(-2.5);
  for (const std::uint64_t value : {0ULL, 127ULL, 128ULL, ~0ULL}) out.Varint(value);
  for (const std::int64_t value : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()})
    out.Zigzag(value);
  out.LengthPrefixed("abc");

  ByteReader in(bytes);
  EXPECT_EQ(in.U8(), 7);
  EXPECT_EQ(in.U32(), 0xdeadbeef);
  EXPECT_EQ(in.F64(), -2.5);
  for (const std::uint64_t value : {0ULL, 127ULL, 128ULL, ~0ULL}) EXPECT_EQ(in.Varint(), value);
  EXPECT_EQ(in.Zigzag(), -1);
  EXPECT_EQ(in.Zigzag(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.LengthPrefixed(), "abc");
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0U);
}

TEST(BytesTest, StaysBadAfterReadingPastTheEnd) {
  ByteReader in(
      "\x05"
      "ab");
  EXPECT_EQ(in.LengthPrefixed(), "");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.U8(), 0);
}

TEST(BytesTest, RefusesAVarintOfMoreThanTenBytes) {
  ByteReader in(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11));
  EXPECT_EQ(in.Varint(), 0U);
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace segmentd
