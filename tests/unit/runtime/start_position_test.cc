#include "runtime/start_position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace segmentd::runtime {
namespace {

StartFacts Facts(std::optional<std::int64_t> state, std::optional<std::int64_t> committed) {
  StartFacts facts;
  facts.range = {Offset{10}, Offset{100}};
  if (state) facts.state = Offset{*state};
  if (committed) facts.committed = Offset{*committed};
  return facts;
}

TEST(StartPositionTest, BeginsWhereConfiguredWithNothingStored) {
  StartFacts facts = Facts({}, {});
  EXPECT_EQ(StartPosition(facts), Offset{10});
  facts.start_earliest = false;
  EXPECT_EQ(StartPosition(facts), Offset{100});
}

TEST(StartPositionTest, TakesTheGroupsOffsetWithoutState) {
  EXPECT_EQ(StartPosition(Facts({}, 42)), Offset{42});
}

TEST(StartPositionTest, TakesTheStatesPositionWhenTheGroupHasNoneOrIsBehind) {
  EXPECT_EQ(StartPosition(Facts(42, {})), Offset{42});
  EXPECT_EQ(StartPosition(Facts(42, 42)), Offset{42});
  EXPECT_EQ(StartPosition(Facts(42, 40)), Offset{42});
}

TEST(StartPositionTest, RefusesAGroupThatWasMovedAhead) {
  const auto start = StartPosition(Facts(42, 50));
  ASSERT_FALSE(start.ok());
  EXPECT_EQ(start.error().code, Code::kConfig);
  EXPECT_THAT(start.error().message, testing::HasSubstr("skip 8 records"));
}

TEST(StartPositionTest, RefusesAPositionThatTheTopicHasNoMore) {
  EXPECT_THAT(StartPosition(Facts(4, 4)).error().message, testing::HasSubstr("deleted unread"));
  EXPECT_THAT(StartPosition(Facts(101, 101)).error().message,
              testing::HasSubstr("was the topic deleted and made anew"));
}

TEST(StartPositionTest, ReadsProfilesFromTheOldestThatIsLeft) {
  StartFacts facts = Facts({}, 50);
  facts.input.source = event::Source::kProfiles;
  EXPECT_EQ(StartPosition(facts), Offset{10});
  facts.state = Offset{4};
  EXPECT_EQ(StartPosition(facts), Offset{10});
  facts.state = Offset{60};
  EXPECT_EQ(StartPosition(facts), Offset{60});
}

}  // namespace
}  // namespace segmentd::runtime
