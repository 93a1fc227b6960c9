#include <gmock/gmock.h>

#include <thread>

#include "app/trim_copies.h"
#include "integration/kafka_member.h"
#include "support/real_kafka.h"

namespace segmentd::support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TopicsTest : public RealKafkaTest {
 protected:
  static kafka::OutputTopics Names() {
    const std::string prefix = Unique("segmentd");
    return {prefix + ".changed",   prefix + ".state",   prefix + ".at-risk", prefix + ".dlq",
            prefix + ".changelog", prefix + ".control", prefix + ".rekeyed", prefix + ".samples"};
  }

  // Has the group read so many records and commit an offset of partition 0.
  static void ReadUpTo(const kafka::ShardOptions& options, std::size_t records, std::int64_t next) {
    Member member(options);
    ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
    ASSERT_TRUE(member.PollUntilSeen(records))
        << (member.errors.empty() ? "no error" : member.errors.back().message);
    ASSERT_TRUE(member.ports.sink->Reset().ok());
    ASSERT_TRUE(member.ports.sink->Begin().ok());
    const ports::InputPosition position{Transactions(0), Offset{next}};
    ASSERT_TRUE(member.ports.sink->Commit({&position, 1}).ok());
    member.ports.source->Close();
  }
};

TEST_F(TopicsTest, MakesTheOutputTopicsAsTheContractSays) {
  const kafka::OutputTopics names = Names();
  const auto specs = kafka::OutputTopicSpecs(names, 3, 2'000'000);
  const Status made = kafka::EnsureTopics(connection(), specs, true);
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_TRUE(kafka::EnsureTopics(connection(), specs, false).ok());

  const auto counts = kafka::PartitionCounts(connection(), names);
  ASSERT_TRUE(counts.ok());
  EXPECT_THAT(*counts, ElementsAre(3, 3, 3, 3, 3, 3, 3, 3));
  const auto config = [&](pipeline::Topic topic) {
    return kafka::TopicConfig(connection(), names[static_cast<std::size_t>(topic)]).value();
  };
  kafka::Settings changed = config(pipeline::Topic::kSegmentChanged);
  EXPECT_EQ(changed["cleanup.policy"], "delete");
  EXPECT_EQ(changed["retention.ms"], std::to_string(30 * kDayMs));
  kafka::Settings state = config(pipeline::Topic::kCustomerState);
  EXPECT_EQ(state["cleanup.policy"], "compact");
  EXPECT_EQ(state["delete.retention.ms"], std::to_string(7 * kDayMs));
  kafka::Settings dlq = config(pipeline::Topic::kDlq);
  EXPECT_EQ(dlq["retention.ms"], std::to_string(14 * kDayMs));
  EXPECT_EQ(dlq["max.message.bytes"], "2000000");
  EXPECT_EQ(config(pipeline::Topic::kChangelog)["cleanup.policy"], "compact");
  kafka::Settings rekeyed = config(pipeline::Topic::kRekeyed);
  EXPECT_EQ(rekeyed["retention.ms"], "-1");
  EXPECT_EQ(rekeyed["max.message.bytes"], "2000000");
  kafka::Settings samples = config(pipeline::Topic::kSamples);
  EXPECT_EQ(samples["cleanup.policy"], "compact,delete");
  EXPECT_EQ(samples["retention.ms"], std::to_string(400 * kDayMs));
}

TEST_F(TopicsTest, MakesNoTopicThatHasNoName) {
  kafka::OutputTopics names = Names();
  names.back().clear();
  EXPECT_EQ(kafka::OutputTopicSpecs(names, 3, 2'000'000).size(), names.size() - 1);
}

TEST_F(TopicsTest, TrimsWhatAGroupHasReadButForTheNewest) {
  const std::string topic = NewTopic("copies", 1);
  Fill(connection(), topic, 0, 10);
  const kafka::ShardOptions options = TestOptions(connection(), topic + "-app", topic);
  // A group that has read nothing yet.
  const Status nothing = kafka::TrimTopic(connection(), topic, options.app, 3);
  ASSERT_TRUE(nothing.ok()) << nothing.error().message;
  EXPECT_EQ(ReadAll(connection(), topic).size(), 10U);
  ReadUpTo(options, 10, 8);
  const Status trimmed = kafka::TrimTopic(connection(), topic, options.app, 3);
  ASSERT_TRUE(trimmed.ok()) << trimmed.error().message;
  EXPECT_THAT(Values(ReadAll(connection(), topic)), ElementsAre("v5", "v6", "v7", "v8", "v9"));
}

TEST_F(TopicsTest, TrimsCopiesAgainAndAgain) {
  const std::string topic = NewTopic("copies", 1);
  const kafka::ShardOptions options = TestOptions(connection(), topic + "-app", topic);
  const SystemClock clock;
  const app::Log log({}, clock);
  const std::jthread trimming([&](const std::stop_token& stop) {
    app::TrimCopies(connection(), {topic, options.app, 3, std::chrono::milliseconds(10)}, log,
                    stop);
  });
  Member looker(TestOptions(connection(), topic + "-looker", topic));
  const auto begins_at = [&] {
    return looker.ports.source->QueryRange(Transactions(0)).value().low.value();
  };
  Fill(connection(), topic, 0, 10);
  ReadUpTo(options, 10, 8);
  EXPECT_TRUE(looker.PollUntil([&] { return begins_at() == 5; })) << begins_at();
  Fill(connection(), topic, 0, 10);
  ReadUpTo(options, 12, 20);
  EXPECT_TRUE(looker.PollUntil([&] { return begins_at() == 17; })) << begins_at();
}

TEST_F(TopicsTest, SaysHowToMakeMissingTopicsWhenItMayNot) {
  const kafka::TopicSpec topic{Unique("absent"), 3, {{"cleanup.policy", "compact"}}};
  const Status status = kafka::EnsureTopics(connection(), {&topic, 1}, false);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kNotFound);
  EXPECT_THAT(status.error().message, HasSubstr("--create --topic " + topic.name +
                                                " --partitions 3 --config cleanup.policy=compact"));
}

TEST_F(TopicsTest, WaitsForTheBrokersThatReplicasNeed) {
  const RealKafka lonely("default.replication.factor=2");
  const kafka::TopicSpec topic{"copied", 1, {}};
  const Status status = kafka::EnsureTopics(lonely.connection(), {&topic, 1}, true);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kRetry) << "as when the others are about to start";
  EXPECT_THAT(status.error().message, HasSubstr("INVALID_REPLICATION_FACTOR"));
}

TEST_F(TopicsTest, RefusesATopicThatDiffersInAWayThatLosesRecords) {
  kafka::TopicSpec topic{NewTopic("differs", 2), 3, {}};
  Status status = kafka::EnsureTopics(connection(), {&topic, 1}, true);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kConfig);
  EXPECT_THAT(status.error().message, HasSubstr("has 2 partitions and needs 3"));

  topic.partitions = 2;
  topic.config = {{"cleanup.policy", "compact"}};
  status = kafka::EnsureTopics(connection(), {&topic, 1}, true);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kConfig);
  EXPECT_THAT(status.error().message, HasSubstr("--add-config cleanup.policy=compact"));

  topic.config = {{"cleanup.policy", "delete"}, {"retention.ms", "1"}};
  EXPECT_TRUE(kafka::EnsureTopics(connection(), {&topic, 1}, true).ok());
}

TEST_F(TopicsTest, SaysThatATopicIsNotThere) {
  const std::string absent = Unique("absent");
  EXPECT_EQ(kafka::TopicReader::Open(connection(), absent).error().code, Code::kNotFound);
  EXPECT_EQ(kafka::TopicConfig(connection(), absent).error().code, Code::kNotFound);
  EXPECT_EQ(kafka::DeleteTopic(connection(), absent).error().code, Code::kNotFound);
}

TEST_F(TopicsTest, ProducesToThePartitionThatJavasClientsChoose) {
  const std::string topic = NewTopic("keyed", 4);
  auto producer = kafka::Producer::Open(connection(), topic);
  ASSERT_TRUE(producer.ok());
  // From the tests of Kafka's murmur2: 1173551340, 1357151166, 1161502112 when made positive.
  for (const char* key : {"21", "foobar", "a-little-bit-long-string"}) {
    kafka::Producer::Record record;
    record.key = key;
    record.value = key;
    ASSERT_TRUE(producer->Send(record).ok());
  }
  ASSERT_TRUE(producer->Flush().ok());
  std::map<std::string, int> partitions;
  for (const Seen& record : ReadAll(connection(), topic)) {
    partitions[record.value] = record.partition;
  }
  EXPECT_EQ(partitions["21"], 1173551340 % 4);
  EXPECT_EQ(partitions["foobar"], 1357151166 % 4);
  EXPECT_EQ(partitions["a-little-bit-long-string"], 1161502112 % 4);
}

TEST_F(TopicsTest, ReportsRecordsThatThePartitionsOfATopicDoNotTake) {
  const std::string topic = NewTopic("narrow", 1, {{"max.message.bytes", "500"}});
  auto producer = kafka::Producer::Open(connection(), topic);
  ASSERT_TRUE(producer.ok());
  std::string noise;
  for (int i = 0; i < 2000; ++i) noise += static_cast<char>(i * i * 31 + i / 7);
  kafka::Producer::Record record;
  record.value = noise;
  ASSERT_TRUE(producer->Send(record).ok());
  const Status flushed = producer->Flush();
  ASSERT_FALSE(flushed.ok());
  EXPECT_EQ(flushed.error().code, Code::kFatal);
  EXPECT_THAT(flushed.error().message, HasSubstr("1 records were not stored"));
}

TEST(SettingsTest, RefusesWhatSegmentdOwnsAndWhatLibrdkafkaDoesNotKnow) {
  EXPECT_TRUE(kafka::CheckSettings({{"session.timeout.ms", "9000"},
                                    {"group.instance.id", "a"},
                                    {"security.protocol", "plaintext"}})
                  .ok());
  for (const std::string_view key : kafka::kOwnedSettings) {
    const Status status = kafka::CheckSettings({{std::string(key), "1"}});
    ASSERT_FALSE(status.ok()) << key;
    EXPECT_EQ(status.error().code, Code::kConfig);
    EXPECT_THAT(status.error().message, HasSubstr(key));
  }
  EXPECT_THAT(kafka::CheckSettings({{"linger.mss", "5"}}).error().message, HasSubstr("linger.mss"));
  EXPECT_THAT(kafka::CheckSettings({{"linger.ms", "soon"}}).error().message,
              HasSubstr("linger.ms"));
}

}  // namespace
}  // namespace segmentd::support
