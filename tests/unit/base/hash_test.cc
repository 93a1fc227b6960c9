#include "segmentd/base/hash.h"

#include <gtest/gtest.h>

namespace segmentd {
namespace {

// What Kafka's own Java hashes these keys to.
TEST(HashTest, HashesKeysAsKafkasJavaProducersDo) {
  const auto hash = [](std::string_view key) { return static_cast<std::int32_t>(Murmur2(key)); };
  EXPECT_EQ(hash("21"), -973932308);
  EXPECT_EQ(hash("foobar"), -790332482);
  EXPECT_EQ(hash("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(hash("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(hash("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(hash("abc"), 479470107);
}

}  // namespace
}  // namespace segmentd
