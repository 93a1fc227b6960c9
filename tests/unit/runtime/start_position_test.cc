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

TEST(StartPositionTest, RefusesAGroupsOffsetWithoutState) {
  StartFacts facts = Facts({}, 42);
  EXPECT_EQ(StartPosition(facts).error().code, Code::kConfig);
  EXPECT_THAT(StartPosition(facts).error().message, testing::HasSubstr("--accept state-loss"));
  facts.accepted.state_loss = true;
  EXPECT_EQ(StartPosition(facts), Offset{42});
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

TEST(StartPositionTest, FollowsAGroupThatWasMovedWhenToldTo) {
  StartFacts facts = Facts(42, 50);
  facts.accepted.offset_reset = true;
  EXPECT_EQ(StartPosition(facts), Offset{50});
  facts.committed = Offset{30};
  EXPECT_EQ(StartPosition(facts), Offset{30});
}

TEST(StartPositionTest, RefusesAPositionThatTheTopicHasNoMore) {
  StartFacts facts = Facts(4, 4);
  EXPECT_THAT(StartPosition(facts).error().message, testing::HasSubstr("deleted unread"));
  facts.accepted.input_gap = true;
  EXPECT_EQ(StartPosition(facts), Offset{10});
}

TEST(StartPositionTest, RefusesATopicThatWasMadeAnew) {
  StartFacts shorter = Facts(101, 101);
  StartFacts longer = Facts(42, 42);
  longer.made_anew = true;
  for (StartFacts facts : {shorter, longer}) {
    EXPECT_THAT(StartPosition(facts).error().message, testing::HasSubstr("made anew"));
    facts.accepted.new_input = true;
    EXPECT_EQ(StartPosition(facts), Offset{10});
  }
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
