#include "segmentd/runtime/timer_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "segmentd/base/random.h"
#include "support/memory_stores.h"

namespace segmentd::runtime {
namespace {

using pipeline::kNever;
using ports::Timer;

class TimerIndexTest : public testing::Test {
 protected:
  TimerIndexTest() : store_(std::move(*stores_.Open(partition_))) {
    EXPECT_TRUE(index_.Open(*store_).has_value());
  }
  std::vector<Timer> Take(std::int64_t until_ms, std::size_t timers_max = 1000) {
    std::vector<Timer> due;
    EXPECT_TRUE(index_.Take(*store_, until_ms, timers_max, due).has_value());
    return due;
  }
  void Write() {
    const TimerIndex::Changes changes = index_.Unstored();
    EXPECT_TRUE(store_->Write({{}, {}, changes.taken, changes.armed}).has_value());
    index_.Stored(*store_);
  }

  const Partition partition_{0};
  support::Chaos chaos_;
  support::MemoryStores stores_{chaos_};
  std::unique_ptr<ports::StateStore> store_;
  TimerIndex index_;
};

TEST_F(TimerIndexTest, KnowsTheNextDeadlineWhereverItIs) {
  EXPECT_EQ(index_.next_ms(), kNever);
  index_.Arm(70, "a");
  EXPECT_EQ(index_.next_ms(), 70);
  Write();
  EXPECT_EQ(index_.next_ms(), 70);
  index_.Arm(50, "b");
  EXPECT_EQ(index_.next_ms(), 50);
  EXPECT_THAT(Take(60), testing::ElementsAre(Timer{50, "b"}));
  EXPECT_EQ(index_.next_ms(), 70);
}

TEST_F(TimerIndexTest, TakesNothingBeforeItsTimeAndEachTimerOnce) {
  index_.Arm(70, "a");
  EXPECT_TRUE(Take(69).empty());
  EXPECT_EQ(Take(70).size(), 1U);
  EXPECT_TRUE(Take(1000).empty());
  Write();
  EXPECT_TRUE(Take(1000).empty());
}

TEST_F(TimerIndexTest, ATimerTakenFromTheStoreLeavesItWithTheNextWrite) {
  index_.Arm(70, "a");
  Write();
  Take(70);
  EXPECT_EQ(stores_.disk(partition_).timers.size(), 1U) << "until then a crash finds it again";
  Write();
  EXPECT_TRUE(stores_.disk(partition_).timers.empty());
}

TEST_F(TimerIndexTest, GivesTheFirstTimerOfACustomerForAllThatAreDue) {
  index_.Arm(30, "a");
  Write();
  index_.Arm(20, "a");
  index_.Arm(20, "a");
  index_.Arm(25, "b");
  EXPECT_THAT(Take(40), testing::ElementsAre(Timer{20, "a"}, Timer{25, "b"}));
  EXPECT_EQ(index_.next_ms(), kNever);
}

TEST_F(TimerIndexTest, ATimerArmedAgainForTheSameInstantStays) {
  index_.Arm(30, "a");
  Write();
  Take(30);
  index_.Arm(30, "a");
  Write();
  EXPECT_THAT(Take(30), testing::ElementsAre(Timer{30, "a"}));
}

TEST_F(TimerIndexTest, ReadsInstantsBefore1970InOrder) {
  index_.Arm(5, "a");
  index_.Arm(-5, "b");
  Write();
  EXPECT_EQ(index_.next_ms(), -5);
}

// Against a set that is all of it, over many store writes and more timers than are read ahead.
TEST_F(TimerIndexTest, AgreesWithASetWhateverIsWrittenWhen) {
  Random random(11);
  std::set<Timer> expected;
  std::set<std::string> waiting;
  std::int64_t clock_ms = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::string customer = fmt::format("c{}", random.Below(2000));
    if (random.Chance(0.7) && waiting.insert(customer).second) {
      const std::int64_t at_ms = clock_ms + static_cast<std::int64_t>(random.Below(9000)) - 20;
      index_.Arm(at_ms, customer);
      expected.insert({at_ms, customer});
    } else if (random.Chance(0.02)) {
      Write();
    } else if (random.Chance(0.3)) {
      clock_ms += static_cast<std::int64_t>(random.Below(10));
      const std::size_t timers_max = 1 + random.Below(5);
      std::map<std::string, std::int64_t> first;  // by customer, as Take has them
      while (first.size() < timers_max && !expected.empty() &&
             expected.begin()->deadline_ms <= clock_ms) {
        const Timer timer = expected.extract(expected.begin()).value();
        first[timer.customer_id] = timer.deadline_ms;
        waiting.erase(timer.customer_id);
      }
      std::map<std::string, std::int64_t> taken;
      for (const Timer& timer : Take(clock_ms, timers_max)) {
        taken[timer.customer_id] = timer.deadline_ms;
      }
      ASSERT_EQ(taken, first) << "step " << step;
    }
    ASSERT_EQ(index_.next_ms(), expected.empty() ? kNever : expected.begin()->deadline_ms);
  }
  EXPECT_GT(expected.size(), 600U);
}

}  // namespace
}  // namespace segmentd::runtime
