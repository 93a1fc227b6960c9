#include "runtime/crash_guard.h"

#include <gtest/gtest.h>

#include "support/chaos.h"
#include "support/shard_world.h"

namespace segmentd::runtime {
namespace {

constexpr Partition kFirst{0};

// Attempts on a disk that outlives processes; crashes when a record is worked on.
class FakeAttempts final : public ports::Attempts {
 public:
  bool unclean() const override { return unclean_; }
  std::optional<ports::Attempt> Left(Partition) override { return left_; }
  Status Begin(Partition, const ports::Attempt& attempt) override {
    noted.push_back(attempt);
    left_ = attempt;
    if (attempt.source == event::Source::kTransactions && attempt.first <= poison &&
        poison <= attempt.last) {
      throw support::Crash{};
    }
    return Ok();
  }
  void End(Partition) override { left_.reset(); }
  void SetUnclean() { unclean_ = true; }
  void SetLeft(const ports::Attempt& attempt) { left_ = attempt; }

  std::vector<ports::Attempt> noted;
  Offset poison{-1};

 private:
  bool unclean_ = false;
  std::optional<ports::Attempt> left_;
};

std::vector<event::RawRecord> Records(std::int64_t from, std::int64_t to) {
  std::vector<event::RawRecord> records;
  for (std::int64_t at = from; at < to; ++at) {
    records.emplace_back();
    records.back().offset = Offset{at};
  }
  return records;
}

TEST(CrashGuardTest, SleepsAfterAProcessThatEndedInOrder) {
  FakeAttempts attempts;
  CrashGuard guard(kFirst, &attempts);
  const auto records = Records(0, 100);
  EXPECT_EQ(guard.Together(records), 100U);
  ASSERT_TRUE(guard.Begin(records).ok());
  EXPECT_TRUE(attempts.noted.empty());
}

TEST(CrashGuardTest, WorksRecordByRecordOnASliceThatCrashed) {
  FakeAttempts attempts;
  attempts.SetUnclean();
  attempts.SetLeft({event::Source::kTransactions, Offset{10}, Offset{12}, 0});
  const CrashGuard guard(kFirst, &attempts);
  EXPECT_EQ(guard.Together(Records(0, 100)), 10U);
  EXPECT_EQ(guard.Together(Records(10, 100)), 1U);
  EXPECT_EQ(guard.Together(Records(13, 100)), 87U);
}

TEST(CrashGuardTest, CondemnsARecordThatCrashedThreeTimesAlone) {
  FakeAttempts attempts;
  attempts.SetUnclean();
  for (const int crashes : {0, 1, 2, 3}) {
    attempts.SetLeft({event::Source::kTransactions, Offset{10}, Offset{10}, crashes});
    const CrashGuard guard(kFirst, &attempts);
    EXPECT_EQ(guard.Condemned(Records(10, 11)[0]), crashes == 3) << crashes;
    EXPECT_FALSE(guard.Condemned(Records(11, 12)[0]));
  }
}

TEST(CrashGuardTest, EndsACrashLoopWithADeadLetter) {
  support::ShardWorld world(1);
  for (int day = 0; day < 9; ++day) world.AddPurchase(kFirst, "c1", day);
  FakeAttempts attempts;
  attempts.poison = Offset{5};
  attempts.SetUnclean();
  int crashes = 0;
  for (bool ended = false; !ended && crashes < 20;) {
    support::ShardProcess process(world.broker, world.clock, world.stores, world.chaos, world.probe,
                                  world.models, world.options, "test", &attempts);
    try {
      ASSERT_TRUE(process.shard.Run({}).has_value());
      ended = true;
    } catch (const support::Crash&) {
      ++crashes;
      world.broker.Expire(process.source.member());
    }
  }
  // Once in company, or more often where the batches differ; then three times alone.
  EXPECT_GE(crashes, 3);
  EXPECT_LE(crashes, 6);
  const auto letters = world.Output(pipeline::Topic::kDlq, kFirst);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_NE(letters[0].find("segmentd.error.code=crashed"), std::string::npos) << letters[0];
  EXPECT_NE(letters[0].find("segmentd.error.offset=5"), std::string::npos) << letters[0];
}

}  // namespace
}  // namespace segmentd::runtime
