#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "segmentd/base/ids.h"
#include "steps.h"
#include "support/naive_features.h"

// Generated histories against a reference that keeps every event.
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

void AssertSame(const std::string& name, double expected, double actual) {
  const bool same = std::isnan(expected) ? std::isnan(actual)
                    : IsExact(name)
                        ? expected == actual
                        : std::abs(expected - actual) <= 1e-9 * (1 + std::abs(expected));
  if (!same) RC_FAIL(fmt::format("{} is {}, not {}", name, actual, expected));
}

void Reload(Record& record) {
  const std::string bytes = Encoded(record);
  ByteReader in(bytes);
  RC_ASSERT(DecodeRecord(in, record).ok());
  RC_ASSERT(in.remaining() == 0U);
  RC_ASSERT(Encoded(record) == bytes);
}

class Follower {
 public:
  explicit Follower(std::int64_t start_ms)
      : now_ms_(start_ms), names_(AllNames()), set_(CompileAll(names_)), values_(names_.size()) {
    naive_.Freeze({kCategories.begin(), kCategories.end()}, {kChannels.begin(), kChannels.end()});
  }

  void Take(const Step& step) {
    now_ms_ += step.gap_min * 60'000;
    const event::Event event = step.ToEvent(now_ms_);
    const bool late = record_.events > 0 && event.event_time_ms < record_.as_of_ms;
    const bool deep = record_.day_count == kPurchaseDays && record_.days[0] > Day(event);
    const FoldResult result = Fold(event, set_.frozen(), record_);
    const bool accepted = naive_.Add(event);
    RC_ASSERT((result == FoldResult::kDuplicate) == !accepted);
    if (accepted) {
      RC_ASSERT((result == FoldResult::kLate) == late);
      days_exact_ = days_exact_ && !(deep && event.kind == event::Kind::kPurchase);
    }
    if (step.reload) Reload(record_);
  }

  void Check(std::int64_t wait_h) {
    const std::int64_t as_of_ms = record_.as_of_ms + wait_h * 3'600'000;
    set_.Snapshot(record_, as_of_ms, values_);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!days_exact_ && DependsOnListedDays(names_[i])) continue;
      AssertSame(names_[i], naive_.Value(names_[i], as_of_ms), values_[i]);
    }
  }

 private:
  static std::int64_t Day(const event::Event& event) {
    return FloorDiv(event.event_time_ms, kDayMs);
  }

  std::int64_t now_ms_;
  std::vector<std::string> names_;
  FeatureSet set_;
  std::vector<double> values_;
  NaiveFeatures naive_;
  Record record_;
  bool days_exact_ = true;
};

RC_GTEST_PROP(FoldPropertyTest, AgreesWithTheDefinitionsOverAllEvents, ()) {
  Follower follower(*AnyStart());
  const std::vector<Step> steps = *AnySteps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    follower.Take(steps[i]);
    if (i % 7 == 0 || i + 1 == steps.size()) follower.Check(steps[i].wait_h);
  }
}

// Whether a cache encoded and decoded in between never shows, down to the last bit.
RC_GTEST_PROP(FoldPropertyTest, IsNotChangedByPassingThroughItsBytes, ()) {
  const std::vector<std::string> names = AllNames();
  const FeatureSet set = CompileAll(names);
  std::vector<double> straight_values(names.size()), stored_values(names.size());
  std::int64_t now_ms = *AnyStart();
  const bool decimal = *rc::gen::arbitrary<bool>();
  Record straight, stored;
  for (const Step& step : *AnySteps()) {
    now_ms += step.gap_min * 60'000;
    event::Event event = step.ToEvent(now_ms);
    if (!decimal) event.amount = event.amount / 3;
    Reload(stored);
    RC_ASSERT(Fold(event, set.frozen(), straight) == Fold(event, set.frozen(), stored));
    if (step.reload) straight.as_of_ms = stored.as_of_ms += kDayMs;
    RC_ASSERT(Encoded(stored) == Encoded(straight));
    set.Snapshot(straight, straight.as_of_ms, straight_values);
    set.Snapshot(stored, straight.as_of_ms, stored_values);
    RC_ASSERT(std::memcmp(straight_values.data(), stored_values.data(), 8 * names.size()) == 0);
  }
}

RC_GTEST_PROP(FoldPropertyTest, GivesTheSameSumsInAnyOrderOfArrival, ()) {
  const std::vector<std::string> names = AllNames();
  const FeatureSet set = CompileAll(names);
  std::int64_t now_ms = *AnyStart();
  const std::size_t turn = *rc::gen::inRange<std::size_t>(1, 30);
  std::vector<event::Event> events;
  for (const Step& step : *rc::gen::nonEmpty(rc::gen::container<std::vector<Step>>(AnyStep()))) {
    if (events.size() == 30) break;  // all their purchase days can be listed
    now_ms += step.gap_min * 60'000;
    events.push_back(step.ToEvent(now_ms));
    events.back().has_id = false;
  }
  const auto values = [&] {
    Record record;
    for (const event::Event& event : events) Fold(event, set.frozen(), record);
    std::vector<double> seen(names.size());
    set.Snapshot(record, record.as_of_ms, seen);
    return seen;
  };
  const std::vector<double> first = values();
  std::ranges::rotate(events, events.begin() + static_cast<std::ptrdiff_t>(turn % events.size()));
  for (std::size_t i = 0; i + 3 < events.size(); i += 3) std::swap(events[i], events[i + 3]);
  const std::vector<double> other = values();
  for (std::size_t i = 0; i < names.size(); ++i) AssertSame(names[i], first[i], other[i]);
}

}  // namespace
}  // namespace segmentd::feature
