#include "app/model_feed.h"

#include <gtest/gtest.h>

#include "segmentd/base/clock.h"
#include "support/bundles.h"

namespace segmentd::app {
namespace {

class ModelFeedTest : public testing::Test {
 protected:
  void Give(const std::vector<model::TopicRecord>& records) {
    for (const model::TopicRecord& record : records) {
      if (record.value) {
        const std::string_view value = *record.value;
        feed_.Take(record.key, &value);
      } else {
        feed_.Take(record.key, nullptr);
      }
    }
    feed_.Settle();
  }
  void Publish(const model::Bundle& bundle) {
    Give(model::PackBundle("shop", model::EncodeBundle(bundle), 1).value());
  }
  void Activate(const std::string& version, const std::string& previous = "") {
    Give({model::PackPointer("shop", model::PointerKind::kActive,
                             {version, previous, 2, "trainer"})});
  }
  static std::string VersionOf(const model::Bundle& bundle) {
    return model::BundleVersion(model::EncodeBundle(bundle));
  }
  std::string ActiveVersion() {
    const auto active = shelf_.Active();
    return active == nullptr ? "" : active->version;
  }

  SystemClock clock_;
  Log log_{{.level = config::LogLevel::kError, .format = config::LogFormat::kText}, clock_};
  runtime::ModelShelf shelf_;
  const std::shared_ptr<const pipeline::Model> bootstrap_ =
      support::LoadModel(support::OrdersBundle());
  ModelFeed feed_{"shop", bootstrap_, shelf_, log_};
  const model::Bundle second_ = support::SecondOrdersBundle();
  const model::Bundle third_ = support::ThirdOrdersBundle();
};

TEST_F(ModelFeedTest, StartsWithTheModelThatItWasGiven) {
  EXPECT_EQ(ActiveVersion(), bootstrap_->version);
}

TEST_F(ModelFeedTest, PublishingActivatesNothing) {
  Publish(second_);
  EXPECT_EQ(ActiveVersion(), bootstrap_->version);
  EXPECT_NE(shelf_.Find(VersionOf(second_)), nullptr);
}

TEST_F(ModelFeedTest, TakesUpWhatIsActiveAndKeepsTheOthersAtHand) {
  Publish(second_);
  Publish(third_);
  Activate(VersionOf(third_), VersionOf(second_));
  EXPECT_EQ(ActiveVersion(), VersionOf(third_));
  EXPECT_NE(shelf_.Find(VersionOf(second_)), nullptr);
  EXPECT_NE(shelf_.Find(bootstrap_->version), nullptr);
  EXPECT_EQ(feed_.told().problem, "");
}

TEST_F(ModelFeedTest, KeepsTheLastGoodModelAndSaysWhy) {
  Publish(second_);
  Activate(VersionOf(second_));
  auto records = model::PackBundle("shop", model::EncodeBundle(third_), 1).value();
  (*records[0].value)[40] ^= 1;
  Give(records);
  Activate(VersionOf(third_), "");
  EXPECT_EQ(ActiveVersion(), VersionOf(second_));
  EXPECT_NE(feed_.told().problem, "");
  EXPECT_EQ(feed_.told().failures, 1U);
}

TEST_F(ModelFeedTest, FallsBackToThePreviousModelWhenItStartsWithABadOne) {
  Publish(second_);
  Activate("0123456789abcdef", VersionOf(second_));
  EXPECT_EQ(ActiveVersion(), VersionOf(second_));
  EXPECT_NE(feed_.told().problem, "");
}

TEST_F(ModelFeedTest, TakesAModelUpOnceItsChunksAreMended) {
  auto records = model::PackBundle("shop", model::EncodeBundle(third_), 1).value();
  const std::string good = *records[0].value;
  (*records[0].value)[40] ^= 1;
  Give(records);
  Activate(VersionOf(third_));
  EXPECT_EQ(ActiveVersion(), bootstrap_->version);
  records[0].value = good;
  Give(records);
  EXPECT_EQ(ActiveVersion(), VersionOf(third_));
  EXPECT_EQ(feed_.told().problem, "");
}

TEST_F(ModelFeedTest, ScoresWithWhatIsPinned) {
  Publish(second_);
  Publish(third_);
  Activate(VersionOf(third_));
  Give({model::PackPointer("shop", model::PointerKind::kPin, {VersionOf(second_), "", 3, "op"})});
  EXPECT_EQ(ActiveVersion(), VersionOf(second_));
  Give({model::DropPin("shop")});
  EXPECT_EQ(ActiveVersion(), VersionOf(third_));
}

TEST_F(ModelFeedTest, ForgetsWhatWasTakenFromTheTopicUnlessItScores) {
  Publish(second_);
  Publish(third_);
  Activate(VersionOf(second_));
  for (const model::Bundle* bundle : {&second_, &third_}) {
    model::Manifest manifest;
    manifest.version = VersionOf(*bundle);
    manifest.chunks = 1;
    Give(model::DropBundle("shop", manifest));
  }
  EXPECT_EQ(shelf_.Find(VersionOf(third_)), nullptr);
  EXPECT_EQ(ActiveVersion(), VersionOf(second_));
}

}  // namespace
}  // namespace segmentd::app
