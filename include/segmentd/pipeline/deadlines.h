#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "segmentd/feature/record.h"
#include "segmentd/pipeline/customer.h"
#include "segmentd/risk/alert.h"
#include "segmentd/risk/parameters.h"

namespace segmentd::pipeline {

inline constexpr std::int64_t kNever = INT64_MAX;

// DO NOT reorder: shown by name as a metric label.
enum class TimerKind : std::uint8_t { kAgeing, kRisk, kExpiry };
inline constexpr int kTimerKinds = 3;
std::string_view TimerKindName(TimerKind kind);  // "ageing"

struct Deadline {
  std::int64_t at_ms = kNever;
  TimerKind kind = TimerKind::kAgeing;
  std::optional<double> score =
      std::nullopt;  // the customer's then, where finding the deadline took it
};

struct DeadlineRules {
  std::int64_t expire_after_ms = 0;  // 0: no customer expires
  risk::Parameters parameters;       // kNone: no score to wait for
  risk::Thresholds thresholds;
};

// When a customer is to be looked at although nothing happened: a function of the record, of
// whether a model scores the customer, of the model and the instant. Not of decisions, so that
// deadlines are known before any is taken. Immutable; for any thread.
//
// Ageing: 1, 2, 3, 4 days after the last purchase, then each time a quarter later, for a customer
// that a model scores. Risk: the instants between two of these at which silence takes the score
// below a threshold. Expiry: a while after the last event, for every customer with one.
class Deadlines {
 public:
  explicit Deadlines(const DeadlineRules& rules) : rules_(rules) {}

  // The first deadline after an instant. Expiry comes however long ago it was due: it ends the
  // record, so that it has not been yet.
  Deadline Next(const feature::Record& record, bool scored, std::int64_t after_ms) const;
  // The newest deadline but expiry at or before an instant; INT64_MIN when there is none.
  std::int64_t Newest(const feature::Record& record, bool scored, std::int64_t at_ms) const;
  // What a stored customer waits for: the first deadline after its as_of.
  std::int64_t Pending(const Customer& customer) const;
  // Timers that were armed by other rules than these may be missing.
  std::string Name() const;

 private:
  struct Crossings {
    std::array<std::int64_t, 2> at_ms = {kNever, kNever};
    std::optional<double> last_score;  // at the end; none without parameters
  };
  // Where the score falls below each threshold, after one instant and before the next; else kNever.
  Crossings CrossingsOf(const feature::Record& record, std::int64_t from_ms,
                        std::int64_t to_ms) const;

  DeadlineRules rules_;
};

}  // namespace segmentd::pipeline
