#include "segmentd/pipeline/deadlines.h"

#include <fmt/format.h>

#include <algorithm>

#include "segmentd/base/assert.h"
#include "segmentd/base/ids.h"
#include "segmentd/pipeline/history.h"

namespace segmentd::pipeline {
namespace {

// Enough for a silence of three centuries.
constexpr std::size_t kSteps = 50;

// How long after the last purchase a customer is looked at. Features see silence on a logarithm's
// scale, so that later looks may be further apart.
constexpr std::array<std::int64_t, kSteps> kSilences = [] {
  std::array<std::int64_t, kSteps> silences{};
  std::int64_t silence = 0;
  for (std::int64_t& step : silences) {
    silence = std::max(silence + kDayMs, silence + silence / 4);
    step = silence;
  }
  return silences;
}();
static_assert(kSilences.back() >= 300 * 365 * kDayMs);

bool Ages(const feature::Record& record, bool scored) { return scored && record.orders > 0; }

// The first of kSilences that ends after an instant. Not by their difference: the instant may be
// the least there is.
auto FirstAfter(std::int64_t purchase_ms, std::int64_t after_ms) {
  return std::find_if(kSilences.begin(), kSilences.end(),
                      [&](std::int64_t silence) { return purchase_ms + silence > after_ms; });
}

}  // namespace

std::string_view TimerKindName(TimerKind kind) {
  static constexpr std::array<std::string_view, kTimerKinds> kNames = {"ageing", "risk", "expiry"};
  const auto index = static_cast<std::size_t>(kind);
  SEGMENTD_ASSERT(index < kNames.size(), "a timer's kind has a name");
  return kNames[index];
}

Deadline Deadlines::Next(const feature::Record& record, bool scored, std::int64_t after_ms) const {
  Deadline next;
  if (Ages(record, scored)) {
    const std::int64_t purchase_ms = record.last_purchase_ms;
    const auto step = FirstAfter(purchase_ms, after_ms);
    if (step != kSilences.end()) next.at_ms = purchase_ms + *step;
    if (step != kSilences.begin() && step != kSilences.end()) {
      const Crossings crossings = CrossingsOf(record, purchase_ms + *(step - 1), next.at_ms);
      next.score = crossings.last_score;
      for (const std::int64_t at_ms : crossings.at_ms) {
        if (at_ms > after_ms && at_ms < next.at_ms) next = {at_ms, TimerKind::kRisk};
      }
    }
  }
  if (rules_.expire_after_ms > 0 && record.events > 0) {
    const std::int64_t expiry_ms = record.last_event_ms + rules_.expire_after_ms;
    if (expiry_ms <= next.at_ms) next = {expiry_ms, TimerKind::kExpiry};
  }
  return next;
}

std::int64_t Deadlines::Newest(const feature::Record& record, bool scored,
                               std::int64_t at_ms) const {
  if (!Ages(record, scored)) return INT64_MIN;
  const std::int64_t purchase_ms = record.last_purchase_ms;
  const auto step = FirstAfter(purchase_ms, at_ms);
  if (step == kSilences.begin()) return INT64_MIN;
  std::int64_t newest = purchase_ms + *(step - 1);
  if (step == kSilences.end()) return newest;
  for (const std::int64_t crossing_ms : CrossingsOf(record, newest, purchase_ms + *step).at_ms) {
    if (crossing_ms <= at_ms) newest = std::max(newest, crossing_ms);
  }
  return newest;
}

// Between two looks that are always the same, so that an instant does not depend on who asks. An
// ordinary customer costs one score: that of the later look, which is above all thresholds.
Deadlines::Crossings Deadlines::CrossingsOf(const feature::Record& record, std::int64_t from_ms,
                                            std::int64_t to_ms) const {
  Crossings crossings;
  if (rules_.parameters.kind == risk::Kind::kNone) return crossings;
  const double horizon_weeks = rules_.thresholds.horizon_weeks;
  risk::History history = HistoryOf(record, record.last_purchase_ms);
  const double recency_weeks = history.age_weeks;
  const auto score = [&](std::int64_t at_ms) {
    history.age_weeks = recency_weeks + WeeksBetween(record.last_purchase_ms, at_ms);
    return risk::ActiveProbability(rules_.parameters, history, horizon_weeks);
  };
  const double last = score(to_ms);
  crossings.last_score = last;
  if (last >= std::max(rules_.thresholds.enter, rules_.thresholds.lapsed)) return crossings;
  const double first = score(from_ms);
  // Whatever the customer's tier and state: those are known to decisions only.
  const std::array<std::optional<double>, 2> thresholds = {
      risk::NextStepBelow(rules_.thresholds, risk::State::kNone, score(record.last_purchase_ms),
                          risk::Tier::kHigh),
      risk::NextStepBelow(rules_.thresholds, risk::State::kAtRisk, 0, risk::Tier::kHigh)};
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    if (!(last < *thresholds[i]) || first < *thresholds[i]) continue;
    std::int64_t above_ms = from_ms;
    std::int64_t below_ms = to_ms;
    while (below_ms - above_ms > 1) {
      const std::int64_t middle_ms = above_ms + (below_ms - above_ms) / 2;
      (score(middle_ms) < *thresholds[i] ? below_ms : above_ms) = middle_ms;
    }
    if (below_ms < to_ms) crossings.at_ms[i] = below_ms;
  }
  return crossings;
}

// A score that falls below a threshold earlier than the armed look is found by that look, and need
// not be named. The number in front counts the versions of the looks themselves.
std::string Deadlines::Name() const { return fmt::format("1:{}", rules_.expire_after_ms); }

std::int64_t Deadlines::Pending(const Customer& customer) const {
  return Next(customer.record, customer.segment.current != SegmentId{}, customer.record.as_of_ms)
      .at_ms;
}

}  // namespace segmentd::pipeline
