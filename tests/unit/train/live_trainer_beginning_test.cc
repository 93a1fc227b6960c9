// What a trainer makes of few customers, and of a model that is there before them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trainer_harness.h"

namespace segmentd::train {
namespace {

using model::EmbeddingKind;
using testing::IsEmpty;

TEST(LiveTrainerTest, LearnsNothingFromAHandfulOfCustomers) {
  Bench bench(ShopOptions());
  bench.Take(Shop(16).Until(200));
  EXPECT_EQ(bench.Learn(), "");
  EXPECT_EQ(bench.trainer.status().state, "waiting_for_data");
  EXPECT_THAT(bench.log, IsEmpty());
}

TEST(LiveTrainerTest, BeginsWithRulesAndGoesOnToWhatIsLearned) {
  Bench bench(ShopOptions());
  Shop few(100);
  bench.Take(few.Until(90));
  EXPECT_EQ(bench.Learn(), "there is no model yet");
  ASSERT_TRUE(bench.topic.active());
  const model::Bundle rules = bench.Active();
  EXPECT_EQ(model::EmbeddingKindName(rules.embedding.kind), "rules");
  EXPECT_EQ(rules.trained_rows, 75U) << "a quarter of the customers come after day 95";
  for (const model::Segment& segment : rules.segments) {
    EXPECT_FALSE(std::isdigit(static_cast<unsigned char>(segment.name().back())))
        << segment.name() << " is no archetype of its own";
  }
  bench.Take(few.Until(200));
  EXPECT_EQ(bench.Learn(), "") << "rules are not learned again";

  Bench more(ShopOptions());
  Shop many(400);
  more.Take(many.Until(3));
  EXPECT_EQ(more.Learn(), "there is no model yet");
  const model::Bundle first = more.Active();
  EXPECT_EQ(model::EmbeddingKindName(first.embedding.kind), "pca") << first.trained_rows;
}

// A trainer whose champion is from a file, with the samples of 60 days of so many customers, a
// quarter of whom come later.
LiveTrainer FromAFile(EmbeddingKind kind, std::uint64_t made_from, int customers) {
  Bench bench(ShopOptions());
  bench.Take(Shop(400).Until(40));
  EXPECT_NE(bench.Learn(), "");
  model::Bundle made = bench.Active();
  made.embedding.kind = kind;
  made.trained_rows = made_from;
  LiveOptions options = ShopOptions();
  options.embedding = EmbeddingKind::kDae;
  LiveTrainer trainer(options, Seat::Take("made", std::move(made)).value());
  for (auto& [names, row] : Shop(customers).Until(60)) trainer.TakeSample(std::move(row));
  trainer.Advance(1);
  return trainer;
}

TEST(LiveTrainerTest, GoesOnWithAnAutoencoderThatWasMadeFromFewCustomers) {
  LiveTrainer trainer = FromAFile(EmbeddingKind::kDae, 500, 1'600);
  EXPECT_EQ(trainer.status().customers, 1'200U);
  const auto lesson = trainer.NextLesson();
  ASSERT_TRUE(lesson);
  EXPECT_FALSE(lesson->fresh_start) << lesson->why;
  EXPECT_EQ(model::EmbeddingKindName(lesson->options.embedding), "dae");
}

TEST(LiveTrainerTest, DoesNotMeasureALearnedModelByTheFirstFewCustomers) {
  for (const auto& [kind, customers] :
       {std::pair(EmbeddingKind::kDae, 1'200), std::pair(EmbeddingKind::kPca, 240)}) {
    LiveTrainer trainer = FromAFile(kind, 50, customers);
    EXPECT_GT(trainer.status().customers, 2 * 50U);
    EXPECT_FALSE(trainer.NextLesson()) << model::EmbeddingKindName(kind);
    EXPECT_EQ(trainer.status().state, "waiting_for_data");
  }
}

}  // namespace
}  // namespace segmentd::train
