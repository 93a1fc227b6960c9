#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "segmentd/kafka/fenced_writer.h"
#include "segmentd/kafka/topic_reader.h"
#include "support/real_kafka.h"

namespace segmentd::support {
namespace {

using kafka::FencedWriter;
using kafka::TopicReader;

using testing::ElementsAre;
using testing::Pair;
using Record = FencedWriter::Record;

class FencedWriterTest : public RealKafkaTest {
 protected:
  void SetUp() override {
    RealKafkaTest::SetUp();
    if (!IsSkipped()) topic_ = NewTopic("models", 1);
  }

  FencedWriter Open() { return FencedWriter::Open(connection(), topic_, topic_).value(); }

  // What a reader of committed records sees last of each key; "-" for a tombstone.
  std::map<std::string, std::string> Committed() {
    std::map<std::string, std::string> last;
    TopicReader reader = TopicReader::Open(connection(), topic_).value();
    while (!reader.AtEnd()) {
      const auto polled = reader.Poll(200);
      for (const event::RawRecord& record : polled.value()) {
        last[std::string(*record.key)] = record.value ? std::string(*record.value) : "-";
      }
    }
    return last;
  }

  std::string topic_;
};

TEST_F(FencedWriterTest, WritesAllOfItAtOnce) {
  FencedWriter writer = Open();
  EXPECT_EQ(writer.Write({}).error().code, Code::kRetry) << "the id is not claimed";
  ASSERT_TRUE(writer.Claim().ok());
  const std::vector<Record> first = {{"a", "1"}, {"b", "2"}};
  ASSERT_TRUE(writer.Write(first).ok());
  const std::vector<Record> second = {{"a", {}}, {"c", "3"}};
  ASSERT_TRUE(writer.Write(second).ok());
  EXPECT_THAT(Committed(), ElementsAre(Pair("a", "-"), Pair("b", "2"), Pair("c", "3")));
}

TEST_F(FencedWriterTest, WhoClaimedItLastWritesAndTheOtherIsTold) {
  FencedWriter old = Open();
  ASSERT_TRUE(old.Claim().ok());
  const std::vector<Record> mine = {{"a", "old"}};
  ASSERT_TRUE(old.Write(mine).ok());
  FencedWriter fresh = Open();
  ASSERT_TRUE(fresh.Claim().ok());
  const std::vector<Record> theirs = {{"a", "fresh"}};
  ASSERT_TRUE(fresh.Write(theirs).ok());
  EXPECT_EQ(old.Write(mine).error().code, Code::kFenced);
  EXPECT_EQ(old.Write(mine).error().code, Code::kRetry) << "it has to be claimed again";
  EXPECT_THAT(Committed(), ElementsAre(Pair("a", "fresh")));
}

}  // namespace
}  // namespace segmentd::support
