#include "segmentd/train/live_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "trainer_harness.h"

namespace segmentd::train {
namespace {

using testing::HasSubstr;

TEST(DictionaryTest, KnowsWhatAModelFrozeWhenTheSamplesThatSaidItAreGone) {
  const feature::Plan plan;
  auto record = std::make_unique<feature::Record>();
  event::Profile profile;
  profile.attributes = {{.name = "region", .is_number = false, .number = 0, .text = "north"}};
  feature::FoldProfile(profile, *record);
  event::Event event;
  event.category = "home";
  event.amount = 20;
  feature::Fold(event, {}, *record);
  std::string bytes;
  ByteWriter out(bytes);
  feature::EncodeRecord(*record, out);
  const std::vector<learn::Reservoir::Held> held = {
      {std::make_shared<const learn::Row>(learn::Row{1, 0, SegmentId{}, bytes}), 1}};

  Dictionary dictionary;
  EXPECT_THAT(dictionary.Rank(held, plan).categories, testing::IsEmpty());
  dictionary.Know({{"idle_days", "category_share_home", "category_share_other", "channel_share_web",
                    "region_north", "region_south"},
                   {},
                   {"region"}});
  const feature::Vocabulary known = dictionary.Rank(held, plan);
  EXPECT_THAT(known.categories, testing::ElementsAre("home"));
  EXPECT_THAT(known.channels, testing::IsEmpty()) << "nobody came by it";
  ASSERT_EQ(known.profile_values.size(), plan.profile_names.size());
  EXPECT_THAT(known.profile_values[0], testing::ElementsAre("north"));
}

TEST(LiveTrainerTest, TriesAChallengerBesideTheChampionAndPromotesItByItself) {
  Bench bench(ShopOptions());
  Shop shop(600);
  bench.Take(shop.Until(60));
  ASSERT_EQ(bench.Learn(), "there is no model yet");
  const std::string first = bench.topic.active()->version;
  EXPECT_EQ(bench.topic.decisions().at(first).state, "promoted");
  EXPECT_EQ(bench.Learn(), "") << "nothing is new";

  bench.Take(shop.Until(71));
  EXPECT_NE(bench.Learn(), "");
  ASSERT_TRUE(bench.trainer.status().trial) << bench.trainer.status().last->verdict;
  const std::string second = bench.trainer.status().trial->challenger;
  EXPECT_EQ(bench.topic.decisions().at(second).state, "trial");
  EXPECT_EQ(bench.topic.active()->version, first) << "it scores in silence";
  EXPECT_EQ(bench.trainer.status().state, "trial");

  bench.Take(shop.Until(72));
  EXPECT_EQ(bench.topic.active()->version, first);
  EXPECT_GT(bench.trainer.status().trial->samples, 0U);
  bench.Take(shop.Until(74));
  EXPECT_EQ(bench.topic.active()->version, second);
  EXPECT_EQ(bench.topic.active()->previous, first);
  EXPECT_EQ(bench.topic.decisions().at(second).state, "promoted");
  EXPECT_THAT(bench.topic.decisions().at(second).trial, HasSubstr(R"("disagreement":)"));
  EXPECT_FALSE(bench.trainer.status().trial);
}

TEST(LiveTrainerTest, LeavesThePromotionToAPersonWhereItIsToldTo) {
  LiveOptions options = ShopOptions();
  options.promote = false;
  options.trial_ms = 0;
  Bench bench(options);
  Shop shop(400);
  bench.Take(shop.Until(60));
  ASSERT_NE(bench.Learn(), "");
  EXPECT_FALSE(bench.topic.active());
  EXPECT_EQ(bench.trainer.status().state, "waiting");
  const std::string version = bench.trainer.status().last->version;
  bench.Write({model::PackPointer("shop", model::PointerKind::kActive,
                                  {version, "", bench.wall_ms, "operator"})});
  EXPECT_EQ(bench.topic.decisions().at(version).state, "promoted");
  EXPECT_EQ(bench.trainer.status().champion, version);
}

TEST(LiveTrainerTest, ARejectedChallengerChangesNothingAndTheNextOneWaitsTwiceAsLong) {
  LiveOptions options = ShopOptions();
  options.gate.share_max = 0.01;  // nothing passes
  Bench bench(options);
  Shop shop(400);
  bench.Take(shop.Until(40));
  EXPECT_NE(bench.Learn(), "");
  EXPECT_FALSE(bench.topic.active());
  ASSERT_EQ(bench.topic.decisions().size(), 1U);
  const model::Decision& decision = bench.topic.decisions().begin()->second;
  EXPECT_EQ(decision.state, "rejected");
  EXPECT_THAT(decision.verdict, HasSubstr("largest_share"));
  EXPECT_TRUE(bench.topic.manifests().empty());
  EXPECT_EQ(bench.trainer.status().rejections, 1U);

  bench.Take(shop.Until(41.5));
  EXPECT_EQ(bench.Learn(), "") << "a day and a half; two are to pass";
  bench.Take(shop.Until(42.5));
  EXPECT_NE(bench.Learn(), "");
  EXPECT_EQ(bench.trainer.status().rejections, 2U);
}

TEST(LiveTrainerTest, StaysStillWhileAModelIsPinned) {
  Bench bench(ShopOptions());
  Shop shop(400);
  bench.Take(shop.Until(40));
  ASSERT_NE(bench.Learn(), "");
  const std::string first = bench.topic.active()->version;
  bench.Write({model::PackPointer("shop", model::PointerKind::kPin,
                                  {first, "", bench.wall_ms, "operator"})});
  bench.Take(shop.Until(70));
  EXPECT_EQ(bench.Learn(), "");
  EXPECT_EQ(bench.trainer.status().state, "pinned");
  bench.Write({model::DropPin("shop")});
  EXPECT_NE(bench.Learn(), "");
}

TEST(LiveTrainerTest, LeavesAloneWhatAPersonPromotedWhileItTrained) {
  Bench bench(ShopOptions());
  Shop shop(400);
  bench.Take(shop.Until(40));
  ASSERT_NE(bench.Learn(), "");
  const std::string first = bench.topic.active()->version;
  bench.Take(shop.Until(60));
  const auto lesson = bench.trainer.NextLesson();
  ASSERT_TRUE(lesson);
  model::Bundle theirs = bench.Active();
  theirs.seed += 1;
  const std::string encoded = model::EncodeBundle(theirs);
  const std::string version = model::BundleVersion(encoded);
  bench.Write(model::PackBundle("shop", encoded, bench.wall_ms).value());
  bench.Write({model::PackPointer("shop", model::PointerKind::kActive,
                                  {version, first, bench.wall_ms, "operator"})});
  auto records = bench.trainer.Finish(*lesson, lesson->Run({}), ++bench.wall_ms);
  ASSERT_TRUE(records.ok());
  bench.Write(*records);
  EXPECT_EQ(bench.topic.active()->version, version);
  EXPECT_NE(bench.trainer.status().last->state, "promoted");
  EXPECT_FALSE(bench.trainer.status().trial);
}

TEST(LiveTrainerTest, DoesNotBeginAnewBecauseWhatIsActiveCannotBeUsed) {
  Bench before(ShopOptions());
  Shop shop(400);
  auto samples = shop.Until(40);
  before.Take(samples);
  ASSERT_NE(before.Learn(), "");
  const std::string first = before.topic.active()->version;
  before.Write({model::PackPointer("shop", model::PointerKind::kActive,
                                   {"feedfacefeedface", "", before.wall_ms, "stranger"})});
  EXPECT_EQ(before.trainer.status().champion, first) << "who runs has the last good one";

  Bench after(ShopOptions());
  after.Write(before.log);
  after.Take(samples);
  EXPECT_EQ(after.trainer.status().champion, "");
  EXPECT_EQ(after.trainer.status().state, "champion_lost");
  EXPECT_EQ(after.Learn(), "") << "all segments would be others";
  after.Write({model::PackPointer("shop", model::PointerKind::kActive,
                                  {first, "", after.wall_ms, "operator"})});
  EXPECT_EQ(after.trainer.status().champion, first);
  after.Take(shop.Until(70));
  EXPECT_NE(after.Learn(), "");
}

TEST(LiveTrainerTest, AfterARestartGoesOnFromTheTopics) {
  Bench before(ShopOptions());
  Shop shop(600);
  auto samples = shop.Until(71);
  before.Take(samples);
  ASSERT_NE(before.Learn(), "");
  auto later = shop.Until(82);
  before.Take(later);
  ASSERT_NE(before.Learn(), "");
  ASSERT_EQ(before.trainer.status().state, "trial");

  Bench after(ShopOptions());
  after.wall_ms = before.wall_ms;
  after.Write(before.log);
  std::vector<std::pair<std::string, learn::Row>> all = samples;
  all.insert(all.end(), later.begin(), later.end());
  after.Take(all);
  EXPECT_EQ(after.trainer.status().state, "trial");
  EXPECT_EQ(after.trainer.status().trial->samples, 0U) << "these were there before the trial";
  EXPECT_EQ(after.trainer.status().fresh, 0U);
  const auto rest = shop.Until(83);
  before.Take(rest);
  after.Take(rest);
  ASSERT_TRUE(before.trainer.status().trial && after.trainer.status().trial);
  EXPECT_GT(after.trainer.status().trial->samples, 0U);
  EXPECT_EQ(TrialJson(*before.trainer.status().trial), TrialJson(*after.trainer.status().trial));
  const auto last = shop.Until(85);
  before.Take(last);
  after.Take(last);
  EXPECT_EQ(before.topic.active()->version, after.topic.active()->version);
}

TEST(LiveTrainerTest, KeepsTheNewestModelsAndNeverGivesASegmentsIdOutTwice) {
  LiveOptions options = ShopOptions();
  options.trial_ms = 0;
  options.retrain_every_ms = 2 * kDayMs;
  options.gate.moved_soft = options.gate.moved_hard = options.gate.moved_hard_alarm = 1;
  options.gate.adjusted_rand_min = -1;
  options.gate.silhouette_loss = 2;
  options.gate.share_min = 0;
  Bench bench(options);
  Shop shop(280);
  int retrains = 0;
  for (int day = 30; day < 100; day += 3) {
    bench.Take(shop.Until(day));
    retrains += bench.Learn().empty() ? 0 : 1;
  }
  EXPECT_GT(retrains, 12);
  EXPECT_LE(bench.topic.manifests().size(), 11U);
  EXPECT_TRUE(bench.topic.Assemble(bench.topic.active()->version).ok());
  EXPECT_TRUE(bench.topic.Assemble(bench.topic.active()->previous).ok());
  std::uint32_t next = 1;
  for (const model::TopicRecord& record : bench.log) {
    if (!record.key.starts_with("shop/decision/")) continue;
    model::ModelTopic one("shop");
    const std::string_view value = *record.value;
    ASSERT_TRUE(one.Take(record.key, &value).ok());
    const model::Decision& decision = one.decisions().begin()->second;
    EXPECT_GE(decision.next_segment_id, next);
    next = decision.next_segment_id;
  }
}

TEST(LiveTrainerTest, ForgetsTheErased) {
  Bench bench(ShopOptions());
  bench.Take(Shop(300).Until(40));
  const std::uint64_t before = bench.trainer.status().customers;
  bench.trainer.Forget(Hash64("c1"));
  bench.Take({});
  EXPECT_EQ(bench.trainer.status().customers, before - 1);
}

}  // namespace
}  // namespace segmentd::train
