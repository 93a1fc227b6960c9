#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/hash.h"
#include "segmentd/base/random.h"
#include "segmentd/event/event.h"
#include "segmentd/feature/feature_set.h"
#include "segmentd/feature/fold.h"
#include "segmentd/feature/record.h"

namespace segmentd::feature {

inline constexpr std::int64_t kDayMs = 86'400'000;
inline constexpr std::int64_t kStart = 1'700'000'000'000;

inline event::Event Purchase(std::int64_t at_ms, double amount, std::string_view id = {},
                             std::string_view category = {}, std::string_view channel = {}) {
  event::Event event;
  event.event_time_ms = at_ms;
  event.amount = amount;
  event.has_id = !id.empty();
  event.id_hash = Hash64(id);
  event.category = category;
  event.channel = channel;
  return event;
}

inline event::Event Refund(std::int64_t at_ms, double amount) {
  event::Event event = Purchase(at_ms, amount);
  event.kind = event::Kind::kRefund;
  return event;
}

inline event::Event Visit(std::int64_t at_ms) {
  event::Event event = Purchase(at_ms, 0);
  event.kind = event::Kind::kVisit;
  return event;
}

// The seeded event stream of one customer: its pace, its disorder and its habits come from the
// seed.
class Stream {
 public:
  explicit Stream(std::uint64_t seed)
      : random_(seed),
        now_ms_(random_.Chance(0.2) ? -kStart : kStart),
        pace_days_(std::exp(random_.Uniform() * 8 - 4)),
        late_(random_.Uniform() * 0.5),
        decimals_(random_.Chance(0.3) ? 1e4 : 100) {}

  event::Event Next() {
    static constexpr std::array<std::string_view, 20> kNames = {"",  "a", "b", "c", "d", "e", "f",
                                                                "g", "h", "i", "j", "k", "l", "m",
                                                                "n", "o", "p", "q", "r", "s"};
    now_ms_ += static_cast<std::int64_t>(random_.Exponential(pace_days_) * kDayMs);
    if (random_.Chance(0.02)) now_ms_ += static_cast<std::int64_t>(random_.Below(500)) * kDayMs;
    event::Event event;
    event.event_time_ms = now_ms_;
    if (random_.Chance(0.2)) event.event_time_ms -= event.event_time_ms % kDayMs;  // on the edge
    if (random_.Chance(0.1)) event.event_time_ms -= 1;
    if (random_.Chance(late_)) {
      event.event_time_ms -= static_cast<std::int64_t>(random_.Exponential(40) * kDayMs);
    }
    const double kind = random_.Uniform();
    if (kind < 0.15) event.kind = event::Kind::kRefund;
    if (kind > 0.9) event.kind = event::Kind::kVisit;
    event.amount = static_cast<double>(random_.Below(2'000'000)) / decimals_;
    event.quantity = static_cast<double>(1 + random_.Below(5));
    if (random_.Chance(0.3)) event.discount = static_cast<double>(random_.Below(1000)) / 100;
    event.category = kNames[random_.Below(kNames.size())];
    event.channel = kNames[random_.Below(9)];
    event.has_id = random_.Chance(0.8);
    event.id_hash = random_.Chance(0.1) ? last_id_ : random_.Next();
    if (event.has_id && random_.Chance(0.1)) last_id_ = event.id_hash;
    return event;
  }

  Random& random() { return random_; }

 private:
  Random random_;
  std::int64_t now_ms_;
  double pace_days_;
  double late_;
  double decimals_;
  std::uint64_t last_id_ = 7;
};

inline std::string Encoded(const Record& record) {
  std::string bytes;
  ByteWriter out(bytes);
  EncodeRecord(record, out);
  return bytes;
}

}  // namespace segmentd::feature
