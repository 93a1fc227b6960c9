#include <gmock/gmock.h>

#include <csignal>

#include "integration/kafka_member.h"
#include "segmentd/kafka/embedded_broker.h"
#include "support/real_kafka.h"

namespace segmentd::support {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Nobody listens there.
const kafka::Connection kNowhere{"127.0.0.1:1", {}, {}};

class MissingTopicTest : public RealKafkaTest {};

TEST_F(MissingTopicTest, IsNamedAndReadOnceItAppears) {
  const std::string input = Unique("late");
  Member member(TestOptions(connection(), Unique("app"), input));
  const auto counts = member.ports.source->PartitionCounts();
  ASSERT_FALSE(counts.ok());
  EXPECT_EQ(counts.error().code, Code::kRetry);
  EXPECT_THAT(counts.error().message,
              AllOf(HasSubstr("topic \"" + input + "\" does not exist"), HasSubstr("create it")));

  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntil([&] { return !member.errors.empty(); }));
  EXPECT_EQ(member.errors[0].code, Code::kRetry);
  EXPECT_THAT(member.errors[0].message, HasSubstr("topic \"" + input + "\" does not exist"));

  const kafka::TopicSpec topic{input, 1, {}};
  ASSERT_TRUE(kafka::EnsureTopics(connection(), {&topic, 1}, true).ok());
  Fill(connection(), input, 0, 3);
  EXPECT_TRUE(member.PollUntilSeen(3));
  member.ports.source->Close();
}

TEST(BrokerAwayTest, IsToldByEveryPart) {
  const auto message =
      AllOf(HasSubstr("Kafka at 127.0.0.1:1 cannot be reached"), HasSubstr("kafka.brokers"));
  kafka::ShardOptions options = TestOptions(kNowhere, "app", "in");
  options.transaction_timeout_ms = 3000;
  Member member(options);
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntil([&] { return !member.errors.empty(); }));
  EXPECT_EQ(member.errors[0].code, Code::kRetry);
  EXPECT_THAT(member.errors[0].message, message);

  const std::vector<std::string> topics{"in"};
  const auto counts = kafka::PartitionCounts(kNowhere, topics);
  ASSERT_FALSE(counts.ok());
  EXPECT_EQ(counts.error().code, Code::kRetry);
  EXPECT_THAT(counts.error().message, message);
  member.ports.source->Close();
}

TEST(BrokerAwayTest, FailsAResetForNow) {
  Member member(TestOptions(kNowhere, "app", "in"));
  const Status reset = member.ports.sink->Reset();
  ASSERT_FALSE(reset.ok());
  EXPECT_EQ(reset.error().code, Code::kRetry);
  EXPECT_THAT(reset.error().message, HasSubstr("Kafka at 127.0.0.1:1 cannot be reached"));
}

TEST(BrokerAwayTest, IsOverWhenTheBrokerReturns) {
  const kafka::TopicSpec topic{"in", 1, {}};
  const auto broker = kafka::EmbeddedBroker::Start({&topic, 1});
  ASSERT_TRUE(broker.ok());
  Fill((*broker)->connection(), "in", 0, 5);
  Member member(TestOptions((*broker)->connection(), "app", "in"));
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntilSeen(5));
  (*broker)->SetDown(true);
  ASSERT_TRUE(member.PollUntil([&] { return !member.errors.empty(); }));
  EXPECT_THAT(member.errors[0].message, HasSubstr("cannot be reached"));
  (*broker)->SetDown(false);
  Fill((*broker)->connection(), "in", 0, 5);
  // The group's offsets are of no matter here: started at 0, it reads all ten, or goes on with
  // five.
  EXPECT_TRUE(
      member.PollUntil([&] { return !member.seen.empty() && member.seen.back().offset == 9; }));
  member.ports.source->Close();
}

// Its connections stay open, and nobody has a reason to use all of them.
TEST(BrokerAwayTest, IsToldOfABrokerThatHangsWhileThereIsNothingToDo) {
  const RealKafka kafka;
  if (!kafka.why_not().empty()) GTEST_SKIP() << kafka.why_not();
  const kafka::TopicSpec topic{"in", 1, {}};
  ASSERT_TRUE(kafka::EnsureTopics(kafka.connection(), {&topic, 1}, true).ok());
  Fill(kafka.connection(), "in", 0, 5);
  Member member(TestOptions(kafka.connection(), "app", "in"));
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntilSeen(5));
  member.errors.clear();
  kill(kafka.pid(), SIGSTOP);
  const bool told = member.PollUntil([&] { return !member.errors.empty(); });
  kill(kafka.pid(), SIGCONT);
  ASSERT_TRUE(told);
  EXPECT_EQ(member.errors[0].code, Code::kRetry) << member.errors[0].message;
  Fill(kafka.connection(), "in", 0, 5);
  EXPECT_TRUE(member.PollUntil([&] { return member.seen.back().offset == 9; }));
  member.ports.source->Close();
}

TEST(SettingsRefusalTest, TellsWhatLibrdkafkaRefuses) {
  kafka::ShardOptions options = TestOptions(kNowhere, "app", "in");
  options.connection.client["group.id"] = "mine";
  auto ports = kafka::ConnectShard(options);
  ASSERT_FALSE(ports.ok());
  EXPECT_EQ(ports.error().code, Code::kConfig);
  options = TestOptions(kNowhere, "app", "in");
  options.connection.client["session.timeout.ms"] = "60000";  // above max.poll.interval.ms
  ports = kafka::ConnectShard(options);
  ASSERT_FALSE(ports.ok());
  EXPECT_EQ(ports.error().code, Code::kConfig);
  EXPECT_THAT(ports.error().message, HasSubstr("session.timeout.ms"));
}

}  // namespace
}  // namespace segmentd::support
