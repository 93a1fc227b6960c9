#include "segmentd/model/distribution.h"

#include <gtest/gtest.h>

#include "segmentd/model/bundle.h"
#include "support/bundles.h"

namespace segmentd::model {
namespace {

std::string Encoded() { return EncodeBundle(support::OrdersBundle()); }

// Large enough for several chunks.
std::string Large() {
  Bundle bundle = support::OrdersBundle();
  bundle.embedding.kind = EmbeddingKind::kDae;
  Dense wide{Matrix::Constant(200'000, 3, 0.25F), Vector::Zero(200'000), Activation::kSilu};
  Dense back{Matrix::Constant(3, 200'000, 1e-9F), Vector::Zero(3), Activation::kLinear};
  bundle.embedding.layers = {std::move(wide), std::move(back)};
  return EncodeBundle(bundle);
}

std::vector<TopicRecord> Packed(const std::string& encoded) {
  return PackBundle("shop", encoded, 7).value();
}

Status Give(ModelTopic& topic, const TopicRecord& record) {
  if (!record.value) return topic.Take(record.key, nullptr);
  const std::string_view value = *record.value;
  return topic.Take(record.key, &value);
}

void GiveAll(ModelTopic& topic, const std::vector<TopicRecord>& records) {
  for (const TopicRecord& record : records) ASSERT_TRUE(Give(topic, record).ok());
}

TEST(ModelTopicTest, GivesBackWhatWasPublished) {
  for (const std::string& encoded : {Encoded(), Large()}) {
    ModelTopic topic("shop");
    GiveAll(topic, Packed(encoded));
    EXPECT_EQ(topic.Assemble(BundleVersion(encoded)).value(), encoded);
  }
  EXPECT_GT(Packed(Large()).size(), 3U);
}

TEST(ModelTopicTest, NoRecordIsLargerThanATopicTakes) {
  for (const TopicRecord& record : Packed(Large())) {
    EXPECT_LT(record.key.size() + record.value->size(), 1'000'000U);
  }
}

TEST(ModelTopicTest, IgnoresWhatAnotherAppPublished) {
  ModelTopic topic("shopping");
  GiveAll(topic, Packed(Encoded()));
  EXPECT_TRUE(topic.manifests().empty());
}

TEST(ModelTopicTest, HasNoModelBeforeItIsWhole) {
  const std::string encoded = Large();
  const std::vector<TopicRecord> records = Packed(encoded);
  for (std::size_t missing = 0; missing < records.size(); ++missing) {
    ModelTopic topic("shop");
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (i == missing) continue;
      ASSERT_TRUE(Give(topic, records[i]).ok());
    }
    EXPECT_EQ(topic.Assemble(BundleVersion(encoded)).error().code, Code::kNotFound) << missing;
  }
}

TEST(ModelTopicTest, NoticesAFlippedByteWhereverItIs) {
  const std::string encoded = Encoded();
  const std::vector<TopicRecord> records = Packed(encoded);
  for (std::size_t r = 0; r < records.size(); ++r) {
    for (std::size_t at = 0; at < records[r].value->size(); at += 3) {
      std::vector<TopicRecord> damaged = records;
      (*damaged[r].value)[at] = static_cast<char>((*damaged[r].value)[at] ^ 0x41);
      ModelTopic topic("shop");
      for (const TopicRecord& record : damaged) static_cast<void>(Give(topic, record));
      const auto whole = topic.Assemble(BundleVersion(encoded));
      // Of the manifest, the number in the sequence and the time are told, not used.
      EXPECT_EQ(whole.value_or(encoded), encoded) << "record " << r << " byte " << at;
    }
  }
}

TEST(ModelTopicTest, KeepsWhatItHadWhenARecordCannotBeUsed) {
  const std::string encoded = Encoded();
  ModelTopic topic("shop");
  GiveAll(topic, Packed(encoded));
  ASSERT_TRUE(Give(topic, PackPointer("shop", PointerKind::kActive, {"a", "", 1, "trainer"})).ok());
  const std::string_view garbage = "\xff garbage";
  EXPECT_EQ(topic.Take("shop/" + BundleVersion(encoded), &garbage).error().code, Code::kBadRecord);
  EXPECT_EQ(topic.Take("shop/active", &garbage).error().code, Code::kBadRecord);
  EXPECT_EQ(topic.active()->version, "a");
  EXPECT_TRUE(topic.Assemble(BundleVersion(encoded)).ok());
}

TEST(ModelTopicTest, RefusesALaterFormat) {
  ModelTopic topic("shop");
  TopicRecord later = PackPointer("shop", PointerKind::kActive, {"a", "", 1, "trainer"});
  *later.value += "\x08\x02";  // format = 2
  EXPECT_EQ(Give(topic, later).error().code, Code::kNewer);
  EXPECT_FALSE(topic.active().has_value());
}

TEST(ModelTopicTest, FallsBackFromThePinToTheActiveModelToTheOneBefore) {
  ModelTopic topic("shop");
  EXPECT_TRUE(topic.Candidates().empty());
  ASSERT_TRUE(
      Give(topic, PackPointer("shop", PointerKind::kActive, {"b", "a", 1, "trainer"})).ok());
  EXPECT_EQ(topic.Candidates(), (std::vector<std::string>{"b", "a"}));
  ASSERT_TRUE(Give(topic, PackPointer("shop", PointerKind::kPin, {"a", "", 2, "operator"})).ok());
  EXPECT_EQ(topic.Candidates(), (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(Give(topic, DropPin("shop")).ok());
  EXPECT_EQ(topic.Candidates().front(), "b");
}

TEST(ModelTopicTest, ForgetsWhatWasDropped) {
  const std::string encoded = Large();
  ModelTopic topic("shop");
  GiveAll(topic, Packed(encoded));
  const Manifest manifest = topic.manifests().begin()->second;
  GiveAll(topic, DropBundle("shop", manifest));
  EXPECT_TRUE(topic.manifests().empty());
  EXPECT_EQ(topic.Assemble(manifest.version).error().code, Code::kNotFound);
}

TEST(ModelTopicTest, TellsWhatBecameOfAModel) {
  ModelTopic topic("shop");
  const Decision decision = {"b", "a", 5, "rejected",      R"({"accepted":false})",
                             "",  7,   9, "moved too many"};
  ASSERT_TRUE(Give(topic, PackDecision("shop", decision)).ok());
  const Decision& told = topic.decisions().at("b");
  EXPECT_EQ(told.state, "rejected");
  EXPECT_EQ(told.champion, "a");
  EXPECT_EQ(told.verdict, decision.verdict);
  EXPECT_EQ(told.as_of_ms, 7);
  EXPECT_EQ(told.next_segment_id, 9U);
  EXPECT_EQ(told.reason, "moved too many");
  ASSERT_TRUE(Give(topic, DropDecision("shop", "b")).ok());
  EXPECT_TRUE(topic.decisions().empty());
}

}  // namespace
}  // namespace segmentd::model
