#include "app/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "app/log_probe.h"
#include "support/manual_clock.h"

namespace segmentd::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class LogTest : public ::testing::Test {
 protected:
  template <typename Write>
  std::string Written(const config::Log& options, Write write) {
    testing::internal::CaptureStderr();
    {
      const Log log(options, clock_);
      write(log);
    }
    return testing::internal::GetCapturedStderr();
  }

  support::ManualClock clock_;
};

TEST_F(LogTest, WritesTimeLevelMessageAndFields) {
  const std::string text = Written({}, [](const Log& log) {
    log.Warn("a message", {{"plain", "x:1"}, {"spaced", "a \"b\""}, {"none", ""}});
  });
  EXPECT_THAT(text, HasSubstr("Z warn  a message plain=x:1 spaced=\"a \\\"b\\\"\" none=\"\"\n"));
}

TEST_F(LogTest, WritesOneJsonObjectALine) {
  const std::string text =
      Written({config::LogLevel::kInfo, config::LogFormat::kJson}, [](const Log& log) {
        log.Failure("two\nlines", {{"key", "value"}});
      });
  EXPECT_THAT(text, HasSubstr(R"("level":"error","message":"two\nlines","key":"value"})"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevelButAnnounces) {
  const std::string text = Written({config::LogLevel::kError, {}}, [](const Log& log) {
    log.Debug("one");
    log.Warn("two");
    log.Failure("three");
    log.Announce("four");
  });
  EXPECT_THAT(text, Not(HasSubstr("one")));
  EXPECT_THAT(text, Not(HasSubstr("two")));
  EXPECT_THAT(text, HasSubstr("three"));
  EXPECT_THAT(text, HasSubstr("four"));
}

TEST_F(LogTest, CountsTheLinesWritten) {
  std::vector<std::string> levels;
  testing::internal::CaptureStderr();
  Log log({}, clock_);
  log.SetCounter([&levels](std::string_view level) { levels.emplace_back(level); });
  log.Debug("not written");
  log.Info("written");
  log.Failure("written");
  testing::internal::GetCapturedStderr();
  EXPECT_THAT(levels, ElementsAre("info", "error"));
}

TEST_F(LogTest, SaysAPartitionsStateWhenItChanges) {
  const std::string text = Written({}, [this](const Log& log) {
    LogProbe probe(log, clock_);
    ports::ShardStatus status;
    status.partitions.emplace_back();
    status.partitions[0].partition = Partition{4};
    status.partitions[0].state = ports::TaskState::kRunning;
    probe.OnStatus(status);
    probe.OnStatus(status);
    status.partitions.clear();
    probe.OnStatus(status);
  });
  EXPECT_THAT(text, HasSubstr("partition partition=4 state=running shard=0"));
  EXPECT_THAT(text, HasSubstr("partition partition=4 state=released shard=0"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(LogTest, SaysAProblemOnceAndWhenItIsOver) {
  const std::string text = Written({}, [this](const Log& log) {
    LogProbe probe(log, clock_);
    ports::ShardStatus status;
    for (int i = 0; i < 5; ++i) {
      status.problem = i % 2 == 0 ? "brokers away" : "";
      probe.OnStatus(status);
      clock_.AdvanceMs(1000);
    }
    status.problem.clear();
    clock_.AdvanceMs(5000);
    probe.OnStatus(status);
    probe.OnStatus(status);
  });
  EXPECT_THAT(text, HasSubstr("warn  brokers away shard=0"));
  EXPECT_THAT(text, HasSubstr("the problem is over"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
}

TEST_F(LogTest, SaysEachKindOfRefusalOnce) {
  const std::string text = Written({}, [this](const Log& log) {
    LogProbe probe(log, clock_);
    ports::ShardStatus status;
    status.counts.rejected[0] = 1;
    status.counts.without_id = 1;
    probe.OnStatus(status);
    status.counts.rejected[0] = 2;
    status.counts.without_id = 2;
    probe.OnStatus(status);
  });
  EXPECT_THAT(text, HasSubstr("code=malformed"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
}

}  // namespace
}  // namespace segmentd::app
