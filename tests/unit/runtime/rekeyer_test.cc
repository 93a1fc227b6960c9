#include "segmentd/runtime/rekeyer.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>

#include "segmentd/base/assert.h"
#include "support/fake_ports.h"
#include "support/recording_probe.h"

namespace segmentd::runtime {
namespace {

using support::Call;
using support::FakeBroker;
using testing::HasSubstr;

constexpr int kPartitions = 3;

// A broker with input that is keyed by order, and processes that come and go.
class RekeyerTest : public testing::Test {
 protected:
  RekeyerTest() {
    options_.until_drained = true;
    options_.resets_max = 1'000'000;
    options_.poll_records_max = 8;
    options_.commit_records_max = 12;
    options_.breaker.share = 1;
  }

  void AddInput(int n, int partitions = kPartitions) {
    for (int i = 0; i < n; ++i) {
      const int number = added_++;
      const Partition partition{number % partitions};
      FakeBroker::Entry entry;
      entry.key = fmt::format("order-{}", number);
      entry.value = number % 10 == 9
                        ? fmt::format("broken {}", number)
                        : fmt::format(R"({{"event_id":"e{}","customer_id":"c{}","amount":5,)"
                                      R"("event_time":"2026-11-20T10:15:02Z"}})",
                                      number, number % 5);
      entry.timestamp_ms = 1'790'000'000'000 + number;
      broker_->Append("transactions", partition, std::move(entry));
      if (number % 4 == 0) broker_->AppendMarker("transactions", partition);
    }
  }

  // Nothing: it crashed.
  std::optional<Status> RunOnce(std::stop_token stop = {}) {
    pipeline::Options rekeying;
    rekeying.input_topics = {"transactions", "", ""};
    const auto rekey = pipeline::Rekey::Create(rekeying);
    SEGMENTD_ASSERT(rekey.ok(), "a test's options are valid");
    support::FakeSource source(*broker_, clock_, chaos_);
    support::FakeSink sink(*broker_, source, chaos_, "test.rekey");
    Rekeyer rekeyer(options_, {clock_, source, sink, probe_, **rekey});
    try {
      return rekeyer.Run(std::move(stop));
    } catch (const support::Crash&) {
      broker_->Expire(source.member());
      return std::nullopt;
    }
  }

  Status RunUntilDrained() {
    for (int lives = 0; lives < 10'000; ++lives) {
      if (const auto ended = RunOnce()) return *ended;
    }
    return Fail(Code::kFatal, "it never drains");
  }

  // What readers of committed records get: by value, how often, where and as whose.
  void ExpectEachOnce() {
    std::map<std::string, int> seen;
    for (int p = 0; p < kPartitions; ++p) {
      for (const auto& entry : broker_->log("rekeyed", Partition{p})) {
        if (!entry.visible()) continue;
        ++seen[*entry.value];
        EXPECT_EQ(pipeline::PartitionOfKey(*entry.key, kPartitions), Partition{p});
        EXPECT_THAT(*entry.value, HasSubstr("\"customer_id\":\"" + *entry.key + "\""));
        EXPECT_GT(entry.timestamp_ms, 1'700'000'000'000);
      }
      for (const auto& entry : broker_->log("dlq", Partition{p})) {
        if (!entry.visible()) continue;
        ++seen[*entry.value];
        EXPECT_THAT(*entry.value, HasSubstr("broken"));
      }
      EXPECT_EQ(broker_->Committed({event::Source::kTransactions, Partition{p}}),
                broker_->High("transactions", Partition{p}));
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(added_));
    for (const auto& [value, times] : seen) EXPECT_EQ(times, 1) << value;
  }

  std::unique_ptr<FakeBroker> broker_ = std::make_unique<FakeBroker>(kPartitions, false);
  support::ManualClock clock_;
  support::Chaos chaos_;
  support::RecordingProbe probe_;
  ShardOptions options_;
  int added_ = 0;
};

TEST_F(RekeyerTest, CopiesEachRecordOnceAndEndsWhenTheInputIsCommitted) {
  AddInput(100);
  const Status ended = RunUntilDrained();
  ASSERT_TRUE(ended.ok()) << ended.error().message;
  ExpectEachOnce();
  EXPECT_EQ(probe_.last.counts.rekeyed, 90U);
  EXPECT_EQ(probe_.last.rekey_lag_records, 0);
}

TEST_F(RekeyerTest, ANewProcessGoesOnWhereTheGroupStands) {
  AddInput(50);
  ASSERT_TRUE(RunUntilDrained().ok());
  AddInput(50);
  ASSERT_TRUE(RunUntilDrained().ok());
  ExpectEachOnce();
}

TEST_F(RekeyerTest, CopiesEachRecordOnceWhateverGoesWrong) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    broker_ = std::make_unique<FakeBroker>(kPartitions, false);
    added_ = 0;
    chaos_ = support::Chaos(seed, {.crash = 0.01, .retry = 0.02, .abort = 0.02, .fence = 0.02});
    AddInput(60);
    const Status ended = RunUntilDrained();
    ASSERT_TRUE(ended.ok()) << ended.error().message;
    ExpectEachOnce();
    if (HasFailure()) return;
  }
}

TEST_F(RekeyerTest, ACommitThatWentUnansweredIsSettledByTheGroupsOffset) {
  AddInput(30);
  int commits = 0;
  chaos_.Watch([&](Call call) -> Status {
    if (call == Call::kAfterCommit && ++commits == 1) return Fail(Code::kRetry, "no answer");
    return Ok();
  });
  ASSERT_TRUE(RunUntilDrained().ok());
  ExpectEachOnce();
  EXPECT_GT(probe_.last.producer_resets, 1U);
}

TEST_F(RekeyerTest, AFloodOfUnusableRecordsStopsIt) {
  options_.breaker = {0.05, 100};
  AddInput(200, /*partitions=*/1);
  const Status ended = RunUntilDrained();
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, Code::kFatal);
  EXPECT_THAT(ended.error().message, HasSubstr("partition 0 is not re-keyed any more"));
}

TEST_F(RekeyerTest, RefusesToGoOnWhereTheInputNoLongerHasWhatWasNotRead) {
  AddInput(30);
  ASSERT_TRUE(RunUntilDrained().ok());
  AddInput(60);
  broker_->SetLow("transactions", Partition{0}, Offset{20});
  const Status ended = RunUntilDrained();
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, Code::kConfig);
  EXPECT_THAT(ended.error().message, HasSubstr("deleted unread"));
}

}  // namespace
}  // namespace segmentd::runtime
