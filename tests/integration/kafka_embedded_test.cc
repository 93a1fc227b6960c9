#include <gmock/gmock.h>

#include "integration/kafka_member.h"
#include "segmentd/kafka/embedded_broker.h"

namespace segmentd::support {
namespace {

using testing::ElementsAre;

TEST(EmbeddedBrokerTest, CarriesAtLeastOnceDelivery) {
  kafka::OutputTopics names{"changed", "state", "at-risk", "dlq", "changelog"};
  std::vector<kafka::TopicSpec> topics = kafka::OutputTopicSpecs(names, 2, 2'000'000);
  topics.push_back({"in", 2, {}});
  const auto broker = kafka::EmbeddedBroker::Start(topics);
  ASSERT_TRUE(broker.ok()) << broker.error().message;
  const kafka::Connection connection = (*broker)->connection();
  const Status ensured = kafka::EnsureTopics(connection, topics, true);
  EXPECT_TRUE(ensured.ok()) << ensured.error().message;
  Fill(connection, "in", 1, 10);

  kafka::ShardOptions options = TestOptions(connection, "app", "in");
  options.connection = connection;
  options.outputs = names;
  options.exactly_once = false;
  {
    Member member(options);
    ASSERT_TRUE(member.ports.source->Subscribe(member).ok());
    ASSERT_TRUE(member.PollUntilSeen(10));
    ASSERT_TRUE(member.ports.sink->Reset().ok());
    ASSERT_TRUE(member.ports.sink->Begin().ok());
    ASSERT_TRUE(member.ports.sink->Send(Changed(1, "moved")).ok());
    const std::string_view image = "image";
    ASSERT_TRUE(member.ports.sink->SendImage(Partition{1}, "cc1", &image).ok());
    const ports::InputPosition position{Transactions(1), Offset{6}};
    const auto receipt = member.ports.sink->Commit({&position, 1});
    ASSERT_TRUE(receipt.ok()) << receipt.error().message;
    EXPECT_EQ(receipt->changelog_next.at(Partition{1}), Offset{1});

    std::vector<std::string> images;
    const auto changelog = kafka::OpenChangelog(options);
    ASSERT_TRUE(changelog.ok());
    const auto range = (*changelog)->QueryRange(Partition{1});
    ASSERT_TRUE(range.ok());
    const auto reached =
        (*changelog)
            ->Replay(Partition{1}, range->low, range->end,
                     [&](Offset, std::string_view key, const std::string_view* value) {
                       images.push_back(fmt::format("{}={}", key, *value));
                       return Ok();
                     });
    EXPECT_EQ(reached.value(), Offset{1});
    EXPECT_THAT(images, ElementsAre("cc1=image"));
    member.ports.source->Close();
  }
  EXPECT_THAT(Values(ReadAll(connection, "changed")), ElementsAre("moved"));

  Member next(options);
  ASSERT_TRUE(next.ports.source->Subscribe(next).ok());
  ASSERT_TRUE(next.PollUntilSeen(4));
  EXPECT_EQ(next.seen.front().offset, 6);
  next.ports.source->Close();
}

}  // namespace
}  // namespace segmentd::support
