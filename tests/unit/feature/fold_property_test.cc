#include <gtest/gtest.h>

#include <cstring>

#include "histories.h"
#include "support/naive_features.h"

// Seeded streams against a reference that keeps every event.
namespace segmentd::feature {
namespace {

using segmentd::testing::NaiveFeatures;

const std::vector<std::string> kCategories = {"a", "d", "g", "j", "m", "p", "r", "s"};
const std::vector<std::string> kChannels = {"a", "c", "e", "h"};

std::vector<std::string> AllNames() { return FeatureNames(Plan{}, {kCategories, kChannels, {}}); }

FeatureSet CompileAll(const std::vector<std::string>& names) {
  const Plan plan;
  return *FeatureSet::Compile(names, plan.profile_numbers, plan.profile_names);
}

// Exact but while late days are older than the newest 64: then the features of days may differ.
bool DependsOnListedDays(const std::string& name) {
  return name.rfind("gap_", 0) == 0 || name == "frequency" || name == "monetary";
}

bool IsExact(const std::string& name) {
  return name.find("_h") == std::string::npos && name.find("share") == std::string::npos &&
         name != "trend" && name != "gap_cv";
}

void ExpectSame(const std::string& name, double expected, double actual) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << name << " is " << actual << ", not missing";
  } else if (IsExact(name)) {
    EXPECT_EQ(expected, actual) << name;
  } else {
    EXPECT_NEAR(expected, actual, 1e-9 * (1 + std::abs(expected))) << name;
  }
}

class Follower {
 public:
  explicit Follower(std::uint64_t seed)
      : stream_(seed), names_(AllNames()), set_(CompileAll(names_)), values_(names_.size()) {
    naive_.Freeze({kCategories.begin(), kCategories.end()}, {kChannels.begin(), kChannels.end()});
  }

  // One event of the stream, now and then with a detour over the stored bytes.
  void Step() {
    const event::Event event = stream_.Next();
    const bool late = record_.events > 0 && event.event_time_ms < record_.as_of_ms;
    const bool deep = record_.day_count == kPurchaseDays && record_.days[0] > Day(event);
    const FoldResult result = Fold(event, set_.frozen(), record_);
    const bool accepted = naive_.Add(event);
    ASSERT_EQ(result == FoldResult::kDuplicate, !accepted);
    if (accepted) {
      EXPECT_EQ(result == FoldResult::kLate, late);
      days_exact_ = days_exact_ && !(deep && event.kind == event::Kind::kPurchase);
    }
    if (stream_.random().Chance(0.2)) Reload();
  }

  void Check() {
    const std::int64_t as_of = record_.as_of_ms + WaitMs();
    set_.Snapshot(record_, as_of, values_);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!days_exact_ && DependsOnListedDays(names_[i])) continue;
      ExpectSame(names_[i], naive_.Value(names_[i], as_of), values_[i]);
    }
  }

 private:
  static std::int64_t Day(const event::Event& event) {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(event.event_time_ms) / kDayMs));
  }

  std::int64_t WaitMs() {
    return stream_.random().Chance(0.5)
               ? 0
               : static_cast<std::int64_t>(stream_.random().Exponential(60) * kDayMs);
  }

  void Reload() {
    const std::string bytes = Encoded(record_);
    ByteReader in(bytes);
    ASSERT_TRUE(DecodeRecord(in, record_).ok());
    ASSERT_EQ(in.remaining(), 0U);
    ASSERT_EQ(Encoded(record_), bytes);
  }

  Stream stream_;
  std::vector<std::string> names_;
  FeatureSet set_;
  std::vector<double> values_;
  NaiveFeatures naive_;
  Record record_;
  bool days_exact_ = true;
};

TEST(FoldPropertyTest, AgreesWithTheDefinitionsOverAllEvents) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Follower follower(seed);
    const std::uint64_t length = seed % 4 == 0 ? 300 : 40;
    for (std::uint64_t i = 0; i < length; ++i) {
      follower.Step();
      if (i % 7 == 0 || i + 1 == length) follower.Check();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

// Whether a cache encoded and decoded in between never shows, down to the last bit.
TEST(FoldPropertyTest, IsNotChangedByPassingThroughItsBytes) {
  const std::vector<std::string> names = AllNames();
  const FeatureSet set = CompileAll(names);
  std::vector<double> straight_values(names.size()), stored_values(names.size());
  Record reused;
  for (std::uint64_t seed = 1000; seed < 1060; ++seed) {
    Stream stream(seed);
    const bool decimal = seed % 3 != 0;
    Record straight;
    std::string bytes = Encoded(straight);
    for (int i = 0; i < 120; ++i) {
      event::Event event = stream.Next();
      if (!decimal) event.amount = event.amount / 3;
      ByteReader in(bytes);
      ASSERT_TRUE(DecodeRecord(in, reused).ok());
      ASSERT_EQ(Fold(event, set.frozen(), straight), Fold(event, set.frozen(), reused));
      if (stream.random().Chance(0.1)) straight.as_of_ms = reused.as_of_ms += kDayMs;
      bytes = Encoded(reused);
      ASSERT_EQ(bytes, Encoded(straight)) << "seed " << seed << ", event " << i;
      set.Snapshot(straight, straight.as_of_ms, straight_values);
      set.Snapshot(reused, straight.as_of_ms, stored_values);
      ASSERT_EQ(std::memcmp(straight_values.data(), stored_values.data(), 8 * names.size()), 0);
    }
  }
}

TEST(FoldPropertyTest, GivesTheSameSumsInAnyOrderOfArrival) {
  const std::vector<std::string> names = AllNames();
  const FeatureSet set = CompileAll(names);
  for (std::uint64_t seed = 2000; seed < 2060; ++seed) {
    Stream stream(seed);
    std::vector<event::Event> events;
    for (int i = 0; i < 30; ++i) {
      events.push_back(stream.Next());
      events.back().has_id = false;
    }
    std::vector<double> first(names.size()), other(names.size());
    for (int round = 0; round < 3; ++round) {
      Record record;
      for (const event::Event& event : events) Fold(event, set.frozen(), record);
      set.Snapshot(record, record.as_of_ms, round == 0 ? first : other);
      for (std::size_t i = 0; round > 0 && i < names.size(); ++i) {
        ExpectSame(names[i], first[i], other[i]);
      }
      for (std::size_t i = events.size(); i-- > 1;) {
        std::swap(events[i], events[stream.random().Below(i + 1)]);
      }
    }
  }
}

}  // namespace
}  // namespace segmentd::feature
