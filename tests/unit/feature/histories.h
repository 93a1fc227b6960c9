#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "segmentd/base/hash.h"
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

inline std::string Encoded(const Record& record) {
  std::string bytes;
  ByteWriter out(bytes);
  EncodeRecord(record, out);
  return bytes;
}

}  // namespace segmentd::feature
