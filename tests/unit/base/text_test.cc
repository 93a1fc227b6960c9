#include "segmentd/base/text.h"

#include <gtest/gtest.h>

#include <array>

namespace segmentd {
namespace {

TEST(NearestNameTest, FindsSlipsAndKeepsSilentOtherwise) {
  constexpr std::array<std::string_view, 3> kNames = {"brokers", "create_topics", "client"};
  EXPECT_EQ(NearestName("borkers", kNames), "brokers");
  EXPECT_EQ(NearestName("createtopics", kNames), "create_topics");
  EXPECT_EQ(NearestName("password", kNames), std::nullopt);
}

TEST(Utf8Test, TellsWellFormedFromBroken) {
  EXPECT_TRUE(IsUtf8("größe"));
  EXPECT_FALSE(IsUtf8("\xff\xfe"));
}

}  // namespace
}  // namespace segmentd
