// Goal: whatever a broker answers late, not at all or misleadingly, records and offsets stay
// together. Each test sets one such trap for the sink.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "integration/kafka_member.h"
#include "support/real_kafka.h"

namespace segmentd::support {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FencingTest : public RealKafkaTest {
 protected:
  void SetUp() override {
    RealKafkaTest::SetUp();
    if (IsSkipped()) return;
    input_ = NewTopic("in", 1);
    output_ = NewTopic("out", 1);
  }

  kafka::ShardOptions Options(const kafka::Connection& connection) {
    kafka::ShardOptions options = TestOptions(connection, input_ + "-app", input_);
    options.outputs[static_cast<std::size_t>(pipeline::Topic::kSegmentChanged)] = output_;
    return options;
  }

  static void Join(Member& member) {
    ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
    ASSERT_TRUE(member.PollUntil([&] { return member.owned.size() == 1; }));
    ASSERT_TRUE(member.ports.sink->Reset().ok());
  }

  static void Send(Member& member, const std::string& value) {
    ASSERT_TRUE(member.ports.sink->Begin().ok());
    ASSERT_TRUE(member.ports.sink->Send(Changed(0, value)).ok());
  }

  static Result<ports::CommitReceipt> CommitAt(Member& member, std::int64_t next) {
    const ports::InputPosition position{Transactions(0), Offset{next}};
    return member.ports.sink->Commit({&position, 1});
  }

  static std::optional<Offset> CommittedOf(Member& member) {
    const ports::InputPartition input = Transactions(0);
    return member.ports.source->Committed({&input, 1}).value().front();
  }

  std::string input_;
  std::string output_;
};

TEST_F(FencingTest, MakesANewProducerWhenTheBrokerHasTimedItsTransactionOut) {
  kafka::ShardOptions options = Options(connection());
  options.transaction_timeout_ms = 1500;
  Member member(options);
  Join(member);
  Send(member, "late");
  ASSERT_TRUE(member.PollUntil(
      [&] { return ReadAll(connection(), output_, /*read_committed=*/false).size() == 1; }));
  Fill(connection(), output_, 0, 1, "other");
  // Records behind an open transaction show only when the broker has ended it.
  ASSERT_TRUE(member.PollUntil([&] { return !ReadAll(connection(), output_).empty(); }));

  const auto receipt = CommitAt(member, 3);
  ASSERT_FALSE(receipt.ok());
  EXPECT_EQ(receipt.error().code, Code::kFenced) << receipt.error().message;
  EXPECT_EQ(CommittedOf(member), std::nullopt);
  ASSERT_TRUE(member.ports.sink->Reset().ok());
  Send(member, "again");
  ASSERT_TRUE(CommitAt(member, 3).ok());
  EXPECT_EQ(CommittedOf(member), Offset{3});
  EXPECT_THAT(Values(ReadAll(connection(), output_)), ElementsAre("other0", "again"));
  member.ports.source->Close();
}

TEST_F(FencingTest, AbortsAndNamesATopicThatIsGone) {
  kafka::ShardOptions options = Options(connection());
  options.transaction_timeout_ms = 6000;
  Member member(options);
  Join(member);
  ASSERT_TRUE(kafka::DeleteTopic(connection(), output_).ok());
  Send(member, "lost");
  const auto receipt = CommitAt(member, 3);
  ASSERT_FALSE(receipt.ok());
  EXPECT_EQ(receipt.error().code, Code::kAbort);
  EXPECT_THAT(receipt.error().message,
              AllOf(HasSubstr("topic \"" + output_ + "\""), HasSubstr("does the topic exist")));
  static_cast<void>(member.ports.sink->Abort());
  EXPECT_EQ(CommittedOf(member), std::nullopt);

  const kafka::TopicSpec topic{output_, 1, {}};
  ASSERT_TRUE(kafka::EnsureTopics(connection(), {&topic, 1}, true).ok());
  ASSERT_TRUE(member.ports.sink->Reset().ok());
  Send(member, "again");
  ASSERT_TRUE(CommitAt(member, 3).ok());
  EXPECT_THAT(Values(ReadAll(connection(), output_)), ElementsAre("again"));
  member.ports.source->Close();
}

TEST_F(FencingTest, AbortsWithoutAFatalErrorHoweverSoonAfterACommit) {
  Member member(Options(connection()));
  Join(member);
  for (int i = 0; i < 50; ++i) {
    Send(member, "kept");
    ASSERT_TRUE(CommitAt(member, i).ok());
    Send(member, "gone");
    const Status aborted = member.ports.sink->Abort();
    ASSERT_TRUE(aborted.ok()) << "round " << i << ": " << aborted.error().message;
  }
  EXPECT_EQ(ReadAll(connection(), output_).size(), 50U);
  member.ports.source->Close();
}

// On a broker of its own, since all that share one would stand still.
TEST_F(FencingTest, NeverCommitsRecordsWithoutOffsetsWhenTheBrokerStandsStill) {
  const RealKafka kafka;
  const kafka::TopicSpec topics[] = {{input_, 1, {}}, {output_, 1, {}}};
  ASSERT_TRUE(kafka::EnsureTopics(kafka.connection(), topics, true).ok());
  kafka::ShardOptions options = Options(kafka.connection());
  options.transaction_timeout_ms = 3000;
  options.connection.client["session.timeout.ms"] = "20000";
  Member member(options);
  Join(member);
  Send(member, "once");
  ASSERT_TRUE(member.PollUntil(
      [&] { return ReadAll(kafka.connection(), output_, /*read_committed=*/false).size() == 1; }));

  // The record is stored; what follows, offsets first, waits for longer than it is given.
  ASSERT_EQ(kill(kafka.pid(), SIGSTOP), 0);
  std::jthread healer([&kafka] {
    std::this_thread::sleep_for(std::chrono::seconds(5));
    kill(kafka.pid(), SIGCONT);
  });
  auto receipt = CommitAt(member, 5);
  healer.join();
  ASSERT_TRUE(member.PollUntil([&] { return member.ports.source->PartitionCounts().ok(); }));
  if (!receipt.ok()) {
    if (receipt.error().code != Code::kAbort || !member.ports.sink->Abort().ok()) {
      ASSERT_TRUE(member.PollUntil([&] { return member.ports.sink->Reset().ok(); }));
    }
    ASSERT_TRUE(member.PollUntil([&] {
      const ports::InputPartition input = Transactions(0);
      return member.ports.source->Committed({&input, 1}).ok();
    }));
  }
  // All of it or nothing.
  const std::vector<std::string> seen = Values(ReadAll(kafka.connection(), output_));
  if (CommittedOf(member) == Offset{5}) {
    EXPECT_THAT(seen, ElementsAre("once"));
  } else {
    EXPECT_THAT(seen, IsEmpty());
  }
  member.ports.source->Close();
}

TEST_F(FencingTest, TellsATopicMadeAnewByTheRecordThatWasReadLast) {
  Fill(connection(), input_, 0, 10, "old");
  Member member(Options(connection()));
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntilSeen(10));
  const auto mark = [&](std::int64_t offset) {
    return member.ports.source->MarkAt(Transactions(0), Offset{offset}).value();
  };
  const std::optional<std::uint64_t> before = mark(9);
  ASSERT_TRUE(before.has_value());
  EXPECT_EQ(mark(9), before);
  EXPECT_NE(mark(8), before);
  EXPECT_EQ(mark(10), std::nullopt) << "there is no such record";

  ASSERT_TRUE(kafka::DeleteTopic(connection(), input_).ok());
  const kafka::TopicSpec topic{input_, 1, {}};
  ASSERT_TRUE(member.PollUntil([&] {
    return kafka::EnsureTopics(connection(), {&topic, 1}, true).ok();
  }));
  Fill(connection(), input_, 0, 20, "new");
  const auto after = mark(9);
  ASSERT_TRUE(after.has_value());
  EXPECT_NE(after, before);
  member.ports.source->Close();
}

}  // namespace
}  // namespace segmentd::support
