#include <gmock/gmock.h>

#include "integration/kafka_member.h"
#include "support/real_kafka.h"

namespace segmentd::support {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class SourceTest : public RealKafkaTest {};

TEST_F(SourceTest, ShowsEachPartitionFromExactlyWhereItWasStarted) {
  const std::string input = NewTopic("exact", 4);
  for (int p = 0; p < 4; ++p) Fill(connection(), input, p, 500);
  Member member(TestOptions(connection(), Unique("app"), input));
  member.on_assigned = [] {};
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntil([&] { return member.owned.size() == 4; }));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(member.ports.source->Poll(50, 1000)->empty());

  for (int p = 0; p < 3; ++p) {
    ASSERT_TRUE(member.ports.source->StartAt(Transactions(p), Offset{100 * p + 7}).ok());
  }
  ASSERT_TRUE(member.PollUntilSeen(493 + 393 + 293)) << member.seen.size();
  EXPECT_EQ(member.seen.size(), 493U + 393 + 293) << "partition 3 was not started";
  std::vector<std::int64_t> next{7, 107, 207, -1};
  for (const Seen& record : member.seen) {
    EXPECT_EQ(record.offset, next[static_cast<std::size_t>(record.partition)]++);
  }
  EXPECT_EQ(next, (std::vector<std::int64_t>{500, 500, 500, -1}));
  member.ports.source->Close();
}

TEST_F(SourceTest, GoesBackWhenStartedAgain) {
  const std::string input = NewTopic("again", 1);
  Fill(connection(), input, 0, 300);
  Member member(TestOptions(connection(), Unique("app"), input));
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntilSeen(1));
  for (int round = 0; round < 5; ++round) {
    member.seen.clear();
    ASSERT_TRUE(member.ports.source->StartAt(Transactions(0), Offset{40 * round}).ok());
    ASSERT_TRUE(member.PollUntilSeen(static_cast<std::size_t>(300 - 40 * round)));
    EXPECT_EQ(member.seen.front().offset, 40 * round);
    EXPECT_EQ(member.seen.back().offset, 299);
    EXPECT_EQ(member.seen.size(), static_cast<std::size_t>(300 - 40 * round));
  }
  member.ports.source->Close();
}

TEST_F(SourceTest, GivesAllPartitionsToTheMemberThatStays) {
  const std::string input = NewTopic("stays", 4);
  const std::string app = Unique("app");
  kafka::ShardOptions options = TestOptions(connection(), app, input);
  Member first(options);
  ASSERT_TRUE(first.ports.source->Subscribe(first).ok());
  ASSERT_TRUE(first.PollUntil([&] { return first.owned.size() == 4; }));
  options.instance = "i2";
  Member second(options);
  ASSERT_TRUE(second.ports.source->Subscribe(second).ok());
  ASSERT_TRUE(first.PollUntil([&] {
    static_cast<void>(second.ports.source->Poll(0, 1000));
    return first.owned.size() == 2 && second.owned.size() == 2;
  }));
  bool revoked = false;
  second.on_revoked = [&](bool lost) { revoked = !lost; };
  second.ports.source->Close();
  EXPECT_TRUE(revoked);
  ASSERT_TRUE(first.PollUntil([&] { return first.owned.size() == 4; }));
  first.ports.source->Close();
}

TEST_F(SourceTest, ReadsBothTopicsAndTellsThemApart) {
  const std::string input = NewTopic("both", 2);
  const std::string profiles = NewTopic("profiles", 2);
  Fill(connection(), input, 1, 3, "t");
  Fill(connection(), profiles, 1, 2, "p");
  kafka::ShardOptions options = TestOptions(connection(), Unique("app"), input);
  options.profiles_topic = profiles;
  Member member(options);
  const auto counts = member.ports.source->PartitionCounts();
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->transactions, 2);
  EXPECT_EQ(counts->profiles, 2);
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntilSeen(5));
  for (const Seen& record : member.seen) {
    EXPECT_EQ(record.value[0], record.source == event::Source::kProfiles ? 'p' : 't');
  }
  member.ports.source->Close();
}

TEST_F(SourceTest, HandsOverHeadersKeysAndNulls) {
  const std::string input = NewTopic("headers", 1);
  auto producer = kafka::Producer::Open(connection(), input);
  ASSERT_TRUE(producer.ok());
  const std::vector<event::Header> headers{{"ce_id", "a/1"}, {"binary", {"\0\xff", 2}}, {"", ""}};
  kafka::Producer::Record record;
  record.value = "";
  record.timestamp_ms = 1'700'000'000'123;
  record.headers = headers;
  ASSERT_TRUE(producer->Send(record).ok());
  record = {};
  record.key = "k";
  ASSERT_TRUE(producer->Send(record).ok());
  ASSERT_TRUE(producer->Flush().ok());

  Member member(TestOptions(connection(), Unique("app"), input));
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  int shown = 0;
  for (int turn = 0; shown < 2 && turn < 100; ++turn) {
    const auto records = member.ports.source->Poll(100, 100);
    ASSERT_TRUE(records.ok());
    for (const event::RawRecord& got : *records) {
      if (shown++ == 0) {
        EXPECT_FALSE(got.key.has_value());
        EXPECT_EQ(got.value, "");
        EXPECT_EQ(got.timestamp_ms, 1'700'000'000'123);
        EXPECT_FALSE(got.append_time);
        ASSERT_EQ(got.headers.size(), 3U);
        EXPECT_EQ(got.headers[0].name, "ce_id");
        EXPECT_EQ(got.headers[0].value, "a/1");
        EXPECT_EQ(got.headers[1].value, std::string_view("\0\xff", 2));
      } else {
        EXPECT_EQ(got.key, "k");
        EXPECT_FALSE(got.value.has_value());
        EXPECT_THAT(got.headers, IsEmpty());
      }
    }
  }
  EXPECT_EQ(shown, 2);
  member.ports.source->Close();
}

TEST_F(SourceTest, ReachesTheEndOfATransactionalInputPastItsMarkers) {
  const std::string input = NewTopic("markers", 1);
  const std::string other = NewTopic("other", 1);
  kafka::ShardOptions writer = TestOptions(connection(), Unique("writer"), other);
  writer.outputs[0] = input;
  Member upstream(writer);
  ASSERT_TRUE(upstream.ports.source->Subscribe(upstream).ok());
  ASSERT_TRUE(upstream.PollUntil([&] { return upstream.owned.size() == 1; }));
  ASSERT_TRUE(upstream.ports.sink->Reset().ok());
  ASSERT_TRUE(upstream.ports.sink->Begin().ok());
  ASSERT_TRUE(upstream.ports.sink->Send(Changed(0, "kept")).ok());
  const ports::InputPosition position{Transactions(0), Offset{0}};
  ASSERT_TRUE(upstream.ports.sink->Commit({&position, 1}).ok());
  ASSERT_TRUE(upstream.ports.sink->Begin().ok());
  ASSERT_TRUE(upstream.ports.sink->Send(Changed(0, "aborted")).ok());
  ASSERT_TRUE(upstream.ports.sink->Abort().ok());

  Member member(TestOptions(connection(), Unique("app"), input));
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  const auto range = member.ports.source->QueryRange(Transactions(0));
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(range->end, Offset{4}) << "two records, two markers";
  ASSERT_TRUE(member.PollUntil(
      [&] { return member.ports.source->Position(Transactions(0)) == Offset{4}; }));
  EXPECT_EQ(Values(member.seen), std::vector<std::string>{"kept"});
  EXPECT_EQ(member.ports.source->CachedRange(Transactions(0)).end, Offset{4});
  member.ports.source->Close();
  upstream.ports.source->Close();
}

TEST_F(SourceTest, IsNotDrainedWhileATransactionUpstreamIsOpen) {
  const std::string input = NewTopic("drained", 1);
  const std::string other = NewTopic("other", 1);
  kafka::ShardOptions writer = TestOptions(connection(), Unique("writer"), other);
  writer.outputs[0] = input;
  Member upstream(writer);
  ASSERT_TRUE(upstream.ports.source->Subscribe(upstream).ok());
  ASSERT_TRUE(upstream.PollUntil([&] { return upstream.owned.size() == 1; }));
  ASSERT_TRUE(upstream.ports.sink->Reset().ok());
  Fill(connection(), input, 0, 3);

  Member member(TestOptions(connection(), Unique("app"), input));
  ports::RecordSource& source = *member.ports.source;
  const auto drained_at = [&](std::int64_t next) {
    const auto drained = source.Drained(Transactions(0), Offset{next});
    return drained.ok() && *drained;
  };
  ASSERT_TRUE(source.Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntilSeen(3));
  EXPECT_TRUE(member.PollUntil([&] { return drained_at(3); }));
  EXPECT_FALSE(drained_at(2));

  ASSERT_TRUE(upstream.ports.sink->Begin().ok());
  ASSERT_TRUE(upstream.ports.sink->Send(Changed(0, "hanging")).ok());
  EXPECT_TRUE(member.PollUntil([&] { return !drained_at(3); }));
  ASSERT_TRUE(upstream.ports.sink->Abort().ok());
  EXPECT_TRUE(member.PollUntil([&] { return drained_at(5); })) << "the record and its marker";
  EXPECT_EQ(member.seen.size(), 3U);
  source.Close();
  upstream.ports.source->Close();
}

TEST_F(SourceTest, RefusesToJumpOverOffsetsThatAreNotThere) {
  const std::string input = NewTopic("gap", 1);
  Fill(connection(), input, 0, 10);
  Member member(TestOptions(connection(), Unique("app"), input));
  member.on_assigned = [&] {
    ASSERT_TRUE(member.ports.source->StartAt(Transactions(0), Offset{1000}).ok());
  };
  ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
  ASSERT_TRUE(member.PollUntil([&] { return !member.errors.empty(); }));
  EXPECT_EQ(member.errors[0].code, Code::kAbort);
  EXPECT_THAT(member.errors[0].message, HasSubstr("cannot be read at offset 1000"));
  EXPECT_THAT(member.seen, IsEmpty());
  // It can be told to go on elsewhere.
  ASSERT_TRUE(member.ports.source->StartAt(Transactions(0), Offset{3}).ok());
  EXPECT_TRUE(member.PollUntilSeen(7)) << member.errors.back().message;
  EXPECT_EQ(member.seen.front().offset, 3);
  member.ports.source->Close();
}

}  // namespace
}  // namespace segmentd::support
