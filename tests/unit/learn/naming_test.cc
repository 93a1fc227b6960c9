#include "learn/naming.h"

#include <gtest/gtest.h>

#include "segmentd/learn/rename.h"

namespace segmentd::learn {
namespace {

// Segments by recency, frequency and spend, each in standard deviations.
model::Bundle MakeBundle(const std::vector<std::array<float, 3>>& means) {
  model::Bundle bundle;
  bundle.features = {"idle_days", "orders_h180d", "spend_h180d"};
  bundle.scaler.rows.resize(3);
  bundle.embedding = model::IdentityEmbedding(3);
  for (const auto& [recency, frequency, spend] : means) {
    model::Segment& segment = bundle.segments.emplace_back();
    segment.id = SegmentId{bundle.next_segment_id++};
    segment.mean = model::Vector(3);
    segment.mean << -recency, frequency, spend;
    segment.centroid = segment.mean;
    segment.typical.assign(3, 0);
  }
  return bundle;
}

constexpr std::array<float, 3> kChampions = {1.2F, 1.5F, 1.5F};
constexpr std::array<float, 3> kHibernating = {-1, -0.8F, -0.7F};
constexpr std::array<float, 3> kLost = {-1.8F, -1.2F, -1};

model::Bundle Next(const model::Bundle& champion, const std::vector<std::array<float, 3>>& means) {
  model::Bundle next = MakeBundle(means);
  next.sequence = champion.sequence + 1;
  NameSegments(&champion, next);
  return next;
}

TEST(NamingTest, RenamesASegmentOnlyWhenAnotherNameSuitsBetterTwiceInARow) {
  model::Bundle first = MakeBundle({kChampions, kHibernating});
  NameSegments(nullptr, first);
  EXPECT_EQ(first.segments[1].name(), "Hibernating");
  const model::Bundle second = Next(first, {kChampions, kLost});
  EXPECT_EQ(second.segments[1].name(), "Hibernating");
  EXPECT_EQ(second.segments[1].rival, "Lost");
  EXPECT_EQ(second.segments[1].activity, 0);  // what it is now, whatever it is called
  const model::Bundle third = Next(second, {kChampions, kLost});
  EXPECT_EQ(third.segments[1].name(), "Lost");
  EXPECT_EQ(third.segments[1].NameAt(2), "Hibernating");
  EXPECT_EQ(third.segments[1].rival, "");

  const model::Bundle back = Next(second, {kChampions, kHibernating});
  EXPECT_EQ(back.segments[1].rival, "");
  EXPECT_EQ(Next(back, {kChampions, kLost}).segments[1].name(), "Hibernating");
}

TEST(NamingTest, KeepsANameThatIsNearlyAsGood) {
  model::Bundle first = MakeBundle({kChampions, kHibernating});
  NameSegments(nullptr, first);
  constexpr std::array<float, 3> kBetween = {-1.42F, -1.01F, -0.86F};
  model::Bundle next = Next(first, {kChampions, kBetween});
  for (int i = 0; i < 3; ++i) next = Next(next, {kChampions, kBetween});
  EXPECT_EQ(next.segments[1].name(), "Hibernating");
}

TEST(NamingTest, NeverGivesANameToTwo) {
  model::Bundle first = MakeBundle({kChampions, kHibernating});
  NameSegments(nullptr, first);
  const model::Bundle next = Next(first, {kChampions, kHibernating, kChampions});
  EXPECT_EQ(next.segments[0].name(), "Champions");
  EXPECT_NE(next.segments[2].name(), "Champions");
}

TEST(RenameTest, PinsANameThatAPersonChose) {
  model::Bundle first = MakeBundle({kChampions, kHibernating});
  NameSegments(nullptr, first);
  const auto renamed = Rename(first, SegmentId{2}, "Winterschläfer");
  ASSERT_TRUE(renamed.ok());
  EXPECT_EQ(renamed->sequence, 2U);
  EXPECT_EQ(renamed->parent, model::BundleVersion(model::EncodeBundle(first)));
  EXPECT_EQ(renamed->segments[1].NameAt(1), "Hibernating");
  model::Bundle next = *renamed;
  for (int i = 0; i < 3; ++i) next = Next(next, {kChampions, kLost});
  EXPECT_EQ(next.segments[1].name(), "Winterschläfer");

  next = *Unpin(next, SegmentId{2});
  for (int i = 0; i < 2; ++i) next = Next(next, {kChampions, kLost});
  EXPECT_EQ(next.segments[1].name(), "Lost");
}

TEST(RenameTest, RefusesWhatIsNoName) {
  model::Bundle first = MakeBundle({kChampions, kHibernating});
  NameSegments(nullptr, first);
  EXPECT_EQ(Rename(first, SegmentId{9}, "x").error().code, Code::kNotFound);
  EXPECT_EQ(Unpin(first, SegmentId{9}).error().code, Code::kNotFound);
  EXPECT_EQ(Rename(first, SegmentId{2}, "").error().code, Code::kConfig);
  EXPECT_EQ(Rename(first, SegmentId{2}, "\xff").error().code, Code::kConfig);
  EXPECT_EQ(Rename(first, SegmentId{2}, std::string(65, 'x')).error().code, Code::kConfig);
  EXPECT_EQ(Rename(first, SegmentId{2}, "Champions").error().code, Code::kConfig);
  EXPECT_TRUE(Rename(first, SegmentId{2}, "Hibernating").ok());
}

}  // namespace
}  // namespace segmentd::learn
