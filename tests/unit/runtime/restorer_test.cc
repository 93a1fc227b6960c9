#include "runtime/restorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "segmentd/pipeline/deadlines.h"
#include "support/fake_ports.h"
#include "support/memory_stores.h"

namespace segmentd::runtime {
namespace {

using support::Call;
using support::FakeBroker;
using support::MemoryStores;

class RestorerTest : public testing::Test {
 protected:
  void Image(const std::string& id, const std::optional<std::string>& image) {
    FakeBroker::Entry entry;
    entry.key = "c" + id;
    entry.value = image;
    broker_.Append("changelog", partition_, std::move(entry));
  }
  void Position(std::int64_t next) {
    ports::TaskMeta meta;
    meta.transactions_next = Offset{next};
    Position(meta);
  }
  void Position(const ports::TaskMeta& meta) {
    FakeBroker::Entry entry;
    entry.key = "m";
    entry.value = ports::EncodeMeta(meta);
    broker_.Append("changelog", partition_, std::move(entry));
    broker_.AppendMarker("changelog", partition_);
  }
  void Stored(std::map<std::string, std::string, std::less<>> images, std::int64_t next,
              std::int64_t changelog_next, std::int64_t age_ms = 0) {
    ports::TaskMeta meta;
    meta.transactions_next = Offset{next};
    meta.changelog_next = Offset{changelog_next};
    meta.written_wall_ms = clock_.WallMs() - age_ms;
    stores_.Edit(partition_, {std::move(images), meta, {}});
  }
  // Images are what they wait for, or anything that waits for nothing.
  static Result<std::int64_t> PendingOf(std::string_view image) {
    if (image.starts_with("at ")) return std::stoll(std::string(image.substr(3)));
    return pipeline::kNever;
  }
  std::unique_ptr<Restorer> Make() {
    return std::make_unique<Restorer>(
        partition_,
        Restorer::Parts{clock_, stores_, 7 * kDayMs,
                        [](std::string_view image) { return PendingOf(image); }, "", "", false,
                        batches_},
        nullptr);
  }
  std::unique_ptr<Restorer> Restore() {
    auto restorer = Make();
    EXPECT_TRUE(restorer->Open().has_value());
    EXPECT_TRUE(restorer->Start(changelog_).has_value());
    while (true) {
      const auto done = restorer->Advance(changelog_);
      EXPECT_TRUE(done.ok()) << done.error().message;
      if (!done.ok() || *done) return restorer;
    }
  }

  const Partition partition_{0};
  RestoreBatches batches_;
  FakeBroker broker_{1, false};
  support::ManualClock clock_;
  support::Chaos chaos_;
  MemoryStores stores_{chaos_};
  support::FakeChangelogReader changelog_{broker_, chaos_};
};

TEST_F(RestorerTest, FindsNothingInNothing) {
  const auto restorer = Restore();
  EXPECT_EQ(restorer->meta(), std::nullopt);
  EXPECT_EQ(restorer->changelog_next(), Offset{0});
}

TEST_F(RestorerTest, RebuildsAStoreFromTheChangelogAlone) {
  Image("b", "1");
  Image("a", "1");
  Position(10);
  Image("b", "2");
  Image("a", std::nullopt);
  Position(20);
  const auto restorer = Restore();
  EXPECT_EQ(restorer->meta()->transactions_next, Offset{20});
  EXPECT_THAT(stores_.disk(partition_).images, testing::ElementsAre(testing::Pair("b", "2")));
  EXPECT_EQ(stores_.disk(partition_).meta->changelog_next, Offset{8});
}

TEST_F(RestorerTest, ArmsATimerForEachCustomerThatItWrites) {
  Image("b", "at 70");
  Image("a", "at 5");
  Image("c", "1");
  Image("a", "at 9");
  Position(10);
  Restore();
  EXPECT_THAT(stores_.disk(partition_).timers,
              testing::ElementsAre(ports::Timer{9, "a"}, ports::Timer{70, "b"}));
}

TEST_F(RestorerTest, LeavesTheTimersOfWhomItDoesNotWrite) {
  Image("b", "at 70");
  Position(10);
  Image("a", "at 9");
  Position(20);
  ports::TaskMeta meta;
  meta.transactions_next = Offset{10};
  meta.changelog_next = Offset{3};
  meta.written_wall_ms = clock_.WallMs();
  stores_.Edit(partition_, {{{"b", "at 70"}}, meta, {{80, "b"}}});
  Restore();
  EXPECT_THAT(stores_.disk(partition_).timers,
              testing::ElementsAre(ports::Timer{9, "a"}, ports::Timer{80, "b"}));
}

// Whom a sweep found as they were, the changelog does not name.
TEST_F(RestorerTest, ArmsEverybodyAnewOfAStoreThatIsBehindASweep) {
  ports::TaskMeta meta;
  meta.transactions_next = Offset{10};
  meta.model_switch = {1, 0, ""};
  meta.written_wall_ms = clock_.WallMs();
  stores_.Edit(partition_, {{{"a", "1"}, {"b", "at 70"}}, meta, {{80, "b"}}});
  Image("c", "at 9");
  meta.model_switch.sweep_from.reset();
  Position(meta);
  Restore();
  EXPECT_THAT(
      stores_.disk(partition_).timers,
      testing::ElementsAre(ports::Timer{9, "c"}, ports::Timer{70, "b"}, ports::Timer{80, "b"}));
  EXPECT_EQ(stores_.disk(partition_).meta->model_switch, meta.model_switch);
}

TEST_F(RestorerTest, DropsAStoreWhoseTimersWereArmedByOtherRules) {
  Image("a", "at 9");
  Position(10);
  ports::TaskMeta meta;
  meta.transactions_next = Offset{10};
  meta.changelog_next = Offset{3};
  meta.timer_rules = "of another configuration";
  stores_.Edit(partition_, {{{"a", "at 9"}}, meta, {}});
  const auto restorer = Restore();
  EXPECT_THAT(restorer->discarded(), testing::HasSubstr("other rules"));
  EXPECT_THAT(stores_.disk(partition_).timers, testing::ElementsAre(ports::Timer{9, "a"}));
}

TEST_F(RestorerTest, ReplaysOnlyWhatTheStoreLacks) {
  Image("a", "1");
  Position(10);
  Image("a", "2");
  Position(20);
  Stored({{"a", "1"}}, 10, 3);
  const auto restorer = Restore();
  EXPECT_EQ(restorer->restored(), 2U);
  EXPECT_EQ(stores_.disk(partition_).images.at("a"), "2");
}

TEST_F(RestorerTest, LeavesAStoreThatIsUpToDateAlone) {
  Image("a", "1");
  Position(10);
  Stored({{"a", "1"}}, 10, 3, 30 * kDayMs);
  chaos_.Watch([](Call call) -> Status {
    return call == Call::kWriteStore ? Fail(Code::kStorage, "written to") : Ok();
  });
  EXPECT_EQ(Restore()->meta()->transactions_next, Offset{10});
}

TEST_F(RestorerTest, DropsAStoreThatIsAheadOfTheChangelog) {
  Image("a", "1");
  Position(10);
  Stored({{"a", "9"}, {"z", "9"}}, 90, 1000);
  const auto restorer = Restore();
  EXPECT_THAT(restorer->discarded(), testing::HasSubstr("changelog ends at 3"));
  EXPECT_THAT(stores_.disk(partition_).images, testing::ElementsAre(testing::Pair("a", "1")));
  EXPECT_EQ(restorer->meta()->transactions_next, Offset{10});
}

TEST_F(RestorerTest, DropsAStoreWhoseChangelogIsEmpty) {
  Stored({{"a", "9"}}, 90, 0);
  const auto restorer = Restore();
  EXPECT_THAT(restorer->discarded(), testing::HasSubstr("is empty"));
  EXPECT_EQ(restorer->meta(), std::nullopt);
}

TEST_F(RestorerTest, DropsAStoreThatMayHaveMissedADeletion) {
  Image("a", "1");
  Position(10);
  Stored({{"a", "1"}, {"erased", "1"}}, 9, 0, 7 * kDayMs);
  EXPECT_FALSE(Restore()->discarded().empty());
  EXPECT_THAT(stores_.disk(partition_).images, testing::ElementsAre(testing::Pair("a", "1")));
}

TEST_F(RestorerTest, DropsACorruptStore) {
  Image("a", "1");
  Position(10);
  int opened = 0;
  chaos_.Watch([&](Call call) -> Status {
    return call == Call::kOpenStore && opened++ == 0 ? Fail(Code::kCorruption, "bits") : Ok();
  });
  EXPECT_EQ(Restore()->meta()->transactions_next, Offset{10});
  EXPECT_EQ(stores_.quarantined(), 1);
}

TEST_F(RestorerTest, GoesOnWhereItStoodAfterARetry) {
  for (int i = 0; i < 9; ++i) Image(fmt::format("c{}", i), "1");
  Position(10);
  int calls = 0;
  chaos_.Watch([&](Call call) -> Status {
    return call == Call::kReplay && ++calls % 2 == 0 ? Fail(Code::kRetry, "away") : Ok();
  });
  const auto restorer = Make();
  ASSERT_TRUE(restorer->Open().has_value());
  ASSERT_TRUE(restorer->Start(changelog_).has_value());
  int retries = 0;
  for (auto done = restorer->Advance(changelog_); !done.ok() || !*done;
       done = restorer->Advance(changelog_)) {
    ASSERT_EQ(done.error().code, Code::kRetry);
    ASSERT_LT(++retries, 100);
  }
  EXPECT_EQ(restorer->restored(), 10U) << "nothing is read twice";
  EXPECT_EQ(stores_.disk(partition_).images.size(), 9U);
}

TEST_F(RestorerTest, SurvivesBeingCutOffInTheMiddle) {
  batches_.bytes = 50'000;
  for (int i = 0; i < 12'000; ++i) Image(fmt::format("c{:05}", i % 7000), std::to_string(i));
  Position(10);
  chaos_.CrashAt(8'000);
  EXPECT_THROW(Restore(), support::Crash);
  EXPECT_TRUE(stores_.disk(partition_).meta.has_value());
  const auto restorer = Restore();
  EXPECT_LT(restorer->restored(), 12'000U);
  EXPECT_EQ(restorer->meta()->transactions_next, Offset{10});
  EXPECT_EQ(stores_.disk(partition_).images.size(), 7000U);
  EXPECT_EQ(stores_.disk(partition_).images.at("c00000"), "7000");
}

TEST_F(RestorerTest, GathersNoMoreDeletionsThanABatchHasRoomFor) {
  batches_.bytes = 10'000;
  for (int i = 0; i < 1'500; ++i) Image(fmt::format("c{:05}", i), std::nullopt);
  Position(10);
  int writes = 0;
  chaos_.Watch([&](Call call) -> Status {
    writes += call == Call::kWriteStore ? 1 : 0;
    return Ok();
  });
  Restore();
  EXPECT_GE(writes, 5) << "what is noted of each takes room too, not its name alone";
}

// Deletions may be gone from the changelog when the next one reads it.
TEST_F(RestorerTest, LeavesTheAgeOfWhatItLoadedWhereverItIsCutOff) {
  batches_ = {.bytes = 10'000, .load_min = 1};
  for (int i = 0; i < 3'000; ++i) Image(fmt::format("c{:05}", i), "at 9");
  Position(10);
  bool whole = false;
  for (std::int64_t crash_at = 1; !whole; ++crash_at) {
    stores_.Wipe();
    support::Chaos crash;
    crash.CrashAt(crash_at);
    stores_.Use(crash);
    try {
      Restore();
      whole = true;
    } catch (const support::Crash&) {
      stores_.LoseWrites(static_cast<std::size_t>(crash_at % 3));
    }
    stores_.Use(chaos_);
    const MemoryStores::Disk left = stores_.disk(partition_);
    ASSERT_TRUE(left.images.empty() || left.meta) << "cut off at step " << crash_at;
    Restore();
    ASSERT_EQ(stores_.disk(partition_).images.size(), 3'000U) << "cut off at step " << crash_at;
    ASSERT_EQ(stores_.disk(partition_).timers.size(), 3'000U);
    ASSERT_EQ(stores_.disk(partition_).meta->transactions_next, Offset{10});
  }
}

TEST_F(RestorerTest, ForgetsCustomersThatNoCommitEverPlaced) {
  Image("a", "1");
  const auto restorer = Restore();
  EXPECT_EQ(restorer->meta(), std::nullopt);
  EXPECT_TRUE(stores_.disk(partition_).images.empty());
}

TEST_F(RestorerTest, RefusesARecordOfALaterVersion) {
  FakeBroker::Entry entry;
  entry.key = "x?";
  broker_.Append("changelog", partition_, std::move(entry));
  const auto restorer = Make();
  ASSERT_TRUE(restorer->Open().has_value());
  ASSERT_TRUE(restorer->Start(changelog_).has_value());
  EXPECT_EQ(restorer->Advance(changelog_).error().code, Code::kNewer);
}

}  // namespace
}  // namespace segmentd::runtime
