#include <gmock/gmock.h>

#include "integration/kafka_member.h"
#include "support/real_kafka.h"

namespace segmentd::support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ChangelogTest : public RealKafkaTest {
 protected:
  void SetUp() override {
    RealKafkaTest::SetUp();
    if (IsSkipped()) return;
    input_ = NewTopic("in", 1);
    changelog_ = NewTopic("changelog", 2, {{"cleanup.policy", "compact"}});
    member_ = std::make_unique<Member>(Options());
    ASSERT_TRUE(member_->ports.source->Subscribe(*member_).ok());
    ASSERT_TRUE(member_->PollUntil([&] { return member_->owned.size() == 1; }));
    ASSERT_TRUE(member_->ports.sink->Reset().ok());
    changelog_reader_ = std::move(kafka::OpenChangelog(Options()).value());
  }
  void TearDown() override {
    if (member_) member_->ports.source->Close();
  }

  kafka::ShardOptions Options() {
    kafka::ShardOptions options = TestOptions(connection(), input_ + "-app", input_);
    options.outputs[static_cast<std::size_t>(pipeline::Topic::kChangelog)] = changelog_;
    options.replay_stall_ms = 2000;
    return options;
  }

  void Put(const std::string& key, const std::string& text) {
    const std::string_view value = text;
    ASSERT_TRUE(member_->ports.sink->SendImage(Partition{1}, key, &value).ok());
  }

  Result<ports::CommitReceipt> Commit() {
    const ports::InputPosition position{Transactions(0), Offset{0}};
    return member_->ports.sink->Commit({&position, 1});
  }

  Result<Offset> Replay(std::int64_t from, std::int64_t end) {
    seen_.clear();
    return changelog_reader_->Replay(
        Partition{1}, Offset{from}, Offset{end},
        [this](Offset offset, std::string_view key, const std::string_view* value) {
          seen_.push_back(fmt::format("{} {}={}", offset.value(), key, value ? *value : "(null)"));
          return Ok();
        });
  }

  // A commit is answered when it is decided; its markers are written behind that.
  bool ComesToEndAt(std::int64_t end) {
    return member_->PollUntil([&] { return End() == end; });
  }
  std::int64_t End() { return changelog_reader_->QueryRange(Partition{1}).value().end.value(); }

  std::string input_;
  std::string changelog_;
  std::unique_ptr<Member> member_;
  std::unique_ptr<ports::ChangelogReader> changelog_reader_;
  std::vector<std::string> seen_;
};

TEST_F(ChangelogTest, EndsBehindMarkersAndAbortedTails) {
  ports::Sink& sink = *member_->ports.sink;
  ASSERT_TRUE(sink.Begin().ok());
  Put("a", "1");
  Put("b", "1");
  ASSERT_TRUE(Commit().ok());
  ASSERT_TRUE(sink.Begin().ok());
  ASSERT_TRUE(sink.SendImage(Partition{1}, "b", nullptr).ok());
  ASSERT_TRUE(Commit().ok());
  ASSERT_TRUE(sink.Begin().ok());
  Put("a", "aborted");
  Put("c", "aborted");
  ASSERT_TRUE(sink.Abort().ok());
  ASSERT_TRUE(ComesToEndAt(8)) << "five records, three markers; it is " << End();

  EXPECT_EQ(Replay(0, 8).value(), Offset{8});
  EXPECT_THAT(seen_, ElementsAre("0 a=1", "1 b=1", "3 b=(null)"));
  EXPECT_EQ(Replay(3, 8).value(), Offset{8});
  EXPECT_THAT(seen_, ElementsAre("3 b=(null)"));
  EXPECT_EQ(Replay(5, 8).value(), Offset{8});
  EXPECT_THAT(seen_, IsEmpty());
  EXPECT_EQ(Replay(0, 2).value(), Offset{2});
  EXPECT_THAT(seen_, ElementsAre("0 a=1", "1 b=1"));
  EXPECT_EQ(Replay(8, 8).value(), Offset{8});
}

TEST_F(ChangelogTest, CountsAnOpenTransactionInTheEndAndWaitsForIt) {
  ports::Sink& sink = *member_->ports.sink;
  ASSERT_TRUE(sink.Begin().ok());
  Put("a", "1");
  ASSERT_TRUE(Commit().ok());
  ASSERT_TRUE(sink.Begin().ok());
  Put("a", "2");
  ASSERT_TRUE(ComesToEndAt(3)) << "linger sends it";

  const Result<Offset> held = Replay(0, 3);
  ASSERT_FALSE(held.ok());
  EXPECT_EQ(held.error().code, Code::kRetry);
  EXPECT_THAT(held.error().message, HasSubstr("open transaction holds back offsets 2 to 3"));
  EXPECT_THAT(seen_, ElementsAre("0 a=1"));

  ASSERT_TRUE(Commit().ok());
  EXPECT_EQ(Replay(1, 3).value(), Offset{3});
  EXPECT_THAT(seen_, ElementsAre("2 a=2"));
}

TEST_F(ChangelogTest, ReplaysManyRecordsInOrder) {
  ports::Sink& sink = *member_->ports.sink;
  constexpr int kRecords = 20'000;
  for (int i = 0; i < kRecords;) {
    ASSERT_TRUE(sink.Begin().ok());
    for (const int until = i + 5000; i < until; ++i) Put("k" + std::to_string(i), "value");
    ASSERT_TRUE(Commit().ok());
  }
  const std::int64_t end = kRecords + 4;
  ASSERT_TRUE(ComesToEndAt(end)) << "four markers; it is " << End();
  EXPECT_EQ(Replay(0, end).value(), Offset{end});
  ASSERT_EQ(seen_.size(), static_cast<std::size_t>(kRecords));
  EXPECT_EQ(seen_.back(), fmt::format("{} k{}=value", end - 2, kRecords - 1));
}

TEST_F(ChangelogTest, EndsWithTheVisitorsError) {
  ASSERT_TRUE(member_->ports.sink->Begin().ok());
  Put("a", "1");
  ASSERT_TRUE(Commit().ok());
  const auto result =
      changelog_reader_->Replay(Partition{1}, Offset{0}, Offset{1},
                                [](Offset, std::string_view, const std::string_view*) -> Status {
                                  return Fail(Code::kStorage, "disk full");
                                });
  EXPECT_EQ(result.error().code, Code::kStorage);
}

TEST_F(ChangelogTest, RefusesOffsetsThatATruncatedChangelogDoesNotHave) {
  const Result<Offset> result = Replay(50, 60);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kCorruption) << result.error().message;
}

}  // namespace
}  // namespace segmentd::support
