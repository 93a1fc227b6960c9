#include <gmock/gmock.h>

#include "integration/kafka_member.h"
#include "support/real_kafka.h"

namespace segmentd::support {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A member that owns the one input partition and has a producer.
class SinkTest : public RealKafkaTest {
 protected:
  void SetUp() override {
    RealKafkaTest::SetUp();
    if (IsSkipped()) return;
    input_ = NewTopic("in", 1);
    output_ = NewTopic("out", 1);
    changelog_ = NewTopic("changelog", 1, {{"cleanup.policy", "compact"}});
    Fill(connection(), input_, 0, 10);
  }

  kafka::ShardOptions Options() {
    kafka::ShardOptions options = TestOptions(connection(), input_ + "-app", input_);
    options.outputs[static_cast<std::size_t>(pipeline::Topic::kSegmentChanged)] = output_;
    options.outputs[static_cast<std::size_t>(pipeline::Topic::kChangelog)] = changelog_;
    return options;
  }

  static void Join(Member& member) {
    ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
    ASSERT_TRUE(member.PollUntil([&] { return member.owned.size() == 1; }));
    ASSERT_TRUE(member.ports.sink->Reset().ok());
  }

  static Result<ports::CommitReceipt> CommitAt(Member& member, std::int64_t next) {
    const ports::InputPosition position{Transactions(0), Offset{next}};
    return member.ports.sink->Commit({&position, 1});
  }

  std::optional<Offset> CommittedOf(Member& member) {
    const ports::InputPartition input = Transactions(0);
    return member.ports.source->Committed({&input, 1}).value().front();
  }

  std::string input_;
  std::string output_;
  std::string changelog_;
};

TEST_F(SinkTest, CommitsRecordsAndOffsetsTogetherAndANewMemberGoesOnThere) {
  {
    Member member(Options());
    Join(member);
    EXPECT_EQ(CommittedOf(member), std::nullopt);
    ASSERT_TRUE(member.ports.sink->Begin().ok());
    pipeline::OutRecord record = Changed(0, "moved");
    record.headers = {{"ce_id", "a/c1/1"}};
    ASSERT_TRUE(member.ports.sink->Send(record).ok());
    const std::string_view image = "image";
    ASSERT_TRUE(member.ports.sink->SendImage(Partition{0}, "cc1", &image).ok());
    ASSERT_TRUE(member.ports.sink->SendImage(Partition{0}, "cc2", nullptr).ok());
    EXPECT_THAT(ReadAll(connection(), output_), IsEmpty()) << "not before the commit";
    const auto receipt = CommitAt(member, 7);
    ASSERT_TRUE(receipt.ok()) << receipt.error().message;
    EXPECT_EQ(receipt->changelog_next.at(Partition{0}), Offset{2});
    EXPECT_EQ(CommittedOf(member), Offset{7});
    member.ports.source->Close();
  }
  const std::vector<Seen> records = ReadAll(connection(), output_);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value, "moved");
  EXPECT_EQ(records[0].headers.at("ce_id"), "a/c1/1");
  EXPECT_THAT(Values(ReadAll(connection(), changelog_)), ElementsAre("image", "(null)"));

  Member next(Options());
  ASSERT_TRUE(next.ports.source->Subscribe(next).ok());
  ASSERT_TRUE(next.PollUntilSeen(3));
  EXPECT_EQ(next.seen.front().offset, 7);
  next.ports.source->Close();
}

TEST_F(SinkTest, HidesWhatWasAborted) {
  Member member(Options());
  Join(member);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(member.ports.sink->Begin().ok());
    ASSERT_TRUE(member.ports.sink->Send(Changed(0, "kept" + std::to_string(i))).ok());
    ASSERT_TRUE(CommitAt(member, i).ok());
    ASSERT_TRUE(member.ports.sink->Begin().ok());
    ASSERT_TRUE(member.ports.sink->Send(Changed(0, "gone")).ok());
    const Status aborted = member.ports.sink->Abort();
    ASSERT_TRUE(aborted.ok()) << aborted.error().message;
  }
  EXPECT_EQ(ReadAll(connection(), output_).size(), 20U);
  EXPECT_EQ(ReadAll(connection(), output_, false).size(), 40U);
  EXPECT_EQ(CommittedOf(member), Offset{19});
  member.ports.source->Close();
}

TEST_F(SinkTest, IsFencedByALaterProducerOfTheSameIdentity) {
  Member member(Options());
  Join(member);
  ASSERT_TRUE(member.ports.sink->Begin().ok());
  ASSERT_TRUE(member.ports.sink->Send(Changed(0, "zombie")).ok());

  kafka::ShardOptions elsewhere = Options();
  elsewhere.app = Options().app;
  Member later(elsewhere);
  ASSERT_TRUE(later.ports.sink->Reset().ok());

  const auto receipt = CommitAt(member, 3);
  ASSERT_FALSE(receipt.ok());
  EXPECT_EQ(receipt.error().code, Code::kFenced) << receipt.error().message;
  EXPECT_EQ(member.ports.sink->Begin().error().code, Code::kFenced);
  EXPECT_EQ(CommittedOf(member), std::nullopt);
  EXPECT_THAT(ReadAll(connection(), output_), IsEmpty());

  ASSERT_TRUE(member.ports.sink->Reset().ok());
  ASSERT_TRUE(member.ports.sink->Begin().ok());
  ASSERT_TRUE(member.ports.sink->Send(Changed(0, "anew")).ok());
  ASSERT_TRUE(CommitAt(member, 3).ok());
  member.ports.source->Close();
}

TEST_F(SinkTest, CommitsNothingForAMemberThatWasExpelled) {
  kafka::ShardOptions options = Options();
  options.connection.client["max.poll.interval.ms"] = "2000";
  Member stuck(options);
  Join(stuck);
  ASSERT_TRUE(stuck.ports.sink->Begin().ok());
  ASSERT_TRUE(stuck.ports.sink->Send(Changed(0, "zombie")).ok());

  options.instance = "i2";
  Member heir(options);
  Join(heir);  // gets the partition once the other one has not polled for too long

  const auto receipt = CommitAt(stuck, 5);
  ASSERT_FALSE(receipt.ok());
  EXPECT_EQ(receipt.error().code, Code::kAbort) << receipt.error().message;
  EXPECT_TRUE(stuck.ports.sink->Abort().ok());
  // librdkafka may not know yet that the partition has gone elsewhere: the broker does.
  Code on_revoked = Code::kFatal;
  stuck.on_revoked = [&](bool) {
    ASSERT_TRUE(stuck.ports.sink->Begin().ok());
    ASSERT_TRUE(stuck.ports.sink->Send(Changed(0, "zombie")).ok());
    on_revoked = CommitAt(stuck, 5).error().code;
    ASSERT_TRUE(stuck.ports.sink->Abort().ok());
  };
  ASSERT_TRUE(stuck.PollUntil([&] { return stuck.owned.empty(); }));
  EXPECT_EQ(on_revoked, Code::kAbort);

  ASSERT_TRUE(heir.ports.sink->Begin().ok());
  ASSERT_TRUE(heir.ports.sink->Send(Changed(0, "heir")).ok());
  ASSERT_TRUE(CommitAt(heir, 1).ok());
  EXPECT_THAT(Values(ReadAll(connection(), output_)), ElementsAre("heir"));
  heir.ports.source->Close();
}

TEST_F(SinkTest, CommitsWhatIsOpenWhenItsPartitionsAreTakenAway) {
  Member member(Options());
  Join(member);
  ASSERT_TRUE(member.ports.sink->Begin().ok());
  ASSERT_TRUE(member.ports.sink->Send(Changed(0, "last")).ok());
  bool committed = false;
  member.on_revoked = [&](bool) { committed = CommitAt(member, 4).ok(); };
  member.ports.source->Close();
  EXPECT_TRUE(committed);
  EXPECT_THAT(Values(ReadAll(connection(), output_)), ElementsAre("last"));
  const auto after = CommitAt(member, 9);
  EXPECT_FALSE(after.ok());
}

TEST_F(SinkTest, CommitsNothingAfterItLeftTheGroup) {
  Member member(Options());
  Join(member);
  member.ports.source->Close();
  ASSERT_TRUE(member.ports.sink->Begin().ok());
  ASSERT_TRUE(member.ports.sink->Send(Changed(0, "zombie")).ok());
  const auto receipt = CommitAt(member, 9);
  ASSERT_FALSE(receipt.ok());
  EXPECT_EQ(receipt.error().code, Code::kAbort);
  EXPECT_TRUE(member.ports.sink->Abort().ok());
  EXPECT_THAT(ReadAll(connection(), output_), IsEmpty());
}

TEST_F(SinkTest, RefusesARecordThatIsTooLargeAndCommitsTheOthers) {
  Member member(Options());
  Join(member);
  ASSERT_TRUE(member.ports.sink->Begin().ok());
  ASSERT_TRUE(member.ports.sink->Send(Changed(0, "small")).ok());
  const Status refused = member.ports.sink->Send(Changed(0, std::string(1'100'000, 'x')));
  EXPECT_EQ(refused.error().code, Code::kBadRecord) << refused.error().message;
  ASSERT_TRUE(member.ports.sink->Send(Changed(0, std::string(900'000, 'x'))).ok());
  ASSERT_TRUE(CommitAt(member, 1).ok());
  EXPECT_EQ(ReadAll(connection(), output_).size(), 2U);
  member.ports.source->Close();
}

TEST_F(SinkTest, SaysWhatToMendWhenATopicRefusesABatch) {
  output_ = NewTopic("narrow", 1, {{"max.message.bytes", "1000"}});
  Member member(Options());
  Join(member);
  ASSERT_TRUE(member.ports.sink->Begin().ok());
  std::string noise;
  for (int i = 0; i < 2000; ++i) noise += static_cast<char>(i * i * 31 + i / 7);
  ASSERT_TRUE(member.ports.sink->Send(Changed(0, noise)).ok());
  const auto receipt = CommitAt(member, 1);
  ASSERT_FALSE(receipt.ok());
  EXPECT_EQ(receipt.error().code, Code::kConfig);
  EXPECT_THAT(receipt.error().message,
              AllOf(HasSubstr("topic \"" + output_ + "\""), HasSubstr("raise")));
  ASSERT_TRUE(member.ports.sink->Reset().ok());
  ASSERT_TRUE(member.ports.sink->Begin().ok());
  ASSERT_TRUE(member.ports.sink->Send(Changed(0, "small")).ok());
  ASSERT_TRUE(CommitAt(member, 2).ok());
  EXPECT_THAT(Values(ReadAll(connection(), output_)), ElementsAre("small"));
  member.ports.source->Close();
}

}  // namespace
}  // namespace segmentd::support
