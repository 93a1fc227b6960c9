#include "segmentd/segment/names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "segmentd/base/random.h"

namespace segmentd::segment {
namespace {

std::vector<std::string> Names(const std::vector<Profile>& profiles) {
  std::vector<std::string> names;
  for (const Named& named : NameSegments(profiles)) names.push_back(named.name);
  return names;
}

TEST(NamesTest, CallsSegmentsByTheArchetypesTheyResemble) {
  const std::vector<Named> named = NameSegments(std::vector<Profile>{
      {.recency = 1.1, .frequency = 1.6, .monetary = 1.4, .tenure = 0.5},
      {.recency = -1.9, .frequency = -1.1, .monetary = -1},
      {.recency = 1.2, .frequency = -1.1, .monetary = -0.9, .tenure = -1.6},
      {.recency = -0.9, .frequency = 0.8, .monetary = 0.5},
      {.recency = 0.2, .frequency = 0.4, .monetary = -0.2, .discount = 1.6},
  });
  ASSERT_EQ(named.size(), 5U);
  EXPECT_EQ(named[0].name, "Champions");
  EXPECT_EQ(named[0].activity, 4);
  EXPECT_EQ(named[1].name, "Lost");
  EXPECT_EQ(named[1].activity, 0);
  EXPECT_EQ(named[2].name, "New");
  EXPECT_EQ(named[3].name, "At risk");
  EXPECT_EQ(named[3].activity, 2);
  EXPECT_EQ(named[4].name, "Bargain hunter");
}

TEST(NamesTest, GivesEachArchetypeToTheSegmentThatNeedsItMost) {
  // Both are nearest to Champions; the second is also close to Loyal, the first to nothing else.
  EXPECT_EQ(Names({{.recency = 1.3, .frequency = 1.7, .monetary = 1.7},
                   {.recency = 0.9, .frequency = 1.3, .monetary = 1.1}}),
            (std::vector<std::string>{"Champions", "Loyal"}));
  EXPECT_EQ(Names({{.recency = 0.9, .frequency = 1.3, .monetary = 1.1},
                   {.recency = 1.3, .frequency = 1.7, .monetary = 1.7}}),
            (std::vector<std::string>{"Loyal", "Champions"}));
}

TEST(NamesTest, DescribesASegmentThatResemblesNoArchetype) {
  EXPECT_EQ(Names({{.recency = -0.2, .frequency = -1.9, .monetary = 2},
                   {.recency = -2, .frequency = -0.5, .monetary = 2},
                   {.recency = 2, .frequency = 0.3, .monetary = -2}}),
            (std::vector<std::string>{"High spend, low frequency", "High spend, low recency",
                                      "High recency, low spend"}));
}

TEST(NamesTest, TellsEqualSegmentsApart) {
  const std::vector<Profile> equal(20, {.recency = 1.2, .frequency = 1.5, .monetary = 1.5});
  const std::vector<std::string> names = Names(equal);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), equal.size());
  EXPECT_EQ(std::count(names.begin(), names.end(), "Champions"), 1);
}

TEST(NamesTest, NamesAnyProfileAndAlwaysTheSame) {
  Random random(3);
  for (int k = 0; k <= 16; ++k) {
    std::vector<Profile> profiles;
    for (int i = 0; i < k; ++i) {
      profiles.push_back({random.Normal(), random.Normal(), random.Normal(), random.Normal(),
                          random.Normal(), random.Normal()});
    }
    if (k > 2) profiles[1].tenure = std::numeric_limits<double>::quiet_NaN();
    if (k > 2) profiles[2].monetary = 1e300;
    const std::vector<Named> named = NameSegments(profiles);
    const std::vector<std::string> names = Names(profiles);
    ASSERT_EQ(names, Names(profiles));
    ASSERT_EQ(names.size(), profiles.size());
    ASSERT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    for (const Named& one : named) {
      ASSERT_FALSE(one.name.empty());
      ASSERT_GE(one.activity, 0);
      ASSERT_LE(one.activity, 4);
    }
  }
}

}  // namespace
}  // namespace segmentd::segment
