#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "segmentd/base/bytes.h"
#include "segmentd/base/result.h"

namespace segmentd::feature {

// The four windows of the catalogue. W days in buckets of b days: W/b slots. The 7-day window reads
// the newest seven slots of the 30-day ring.
inline constexpr int kDailySlots = 30;      // 30 d of 1 d
inline constexpr int kTriDailySlots = 30;   // 90 d of 3 d
inline constexpr int kHalfMonthSlots = 24;  // 360 d of 15 d
inline constexpr int kHalfLives = 3;        // 7 d, 30 d, 180 d
inline constexpr int kRecentIds = 32;
inline constexpr int kPurchaseDays = 64;
inline constexpr int kCategorySlots = 12;
inline constexpr int kChannelSlots = 6;
inline constexpr int kAttributeSlots = 8;

// Sums by bucket number since 1970. Slot = bucket modulo size; slots of buckets older than
// newest - size + 1 are zero. Plain arrays, so that a window is summed without branches.
template <int kSlots>
struct Ring {
  std::int64_t newest = 0;  // newest bucket number seen; meaningless while empty
  bool empty = true;
  std::array<double, kSlots> spend{};  // purchases minus refunds
  std::array<std::uint32_t, kSlots> orders{};
  std::array<std::uint32_t, kSlots> refunds{};
};

// A sum under a name; the name is kept as its 64-bit hash.
struct NamedSum {
  std::uint64_t name = 0;
  double sum = 0;
};

struct AttributeValue {
  std::uint64_t name = 0;  // Hash64 of the attribute's name
  bool is_number = false;
  double number = 0;
  std::uint64_t text = 0;  // Hash64 of the value, when it is a name
};

// Everything that is known of a customer's history: flat, bounded, independent of its length.
// Holds the whole catalogue whatever the plan selects, so that a plan may change without a replay.
// Money adds up decimally (see money.h), so that sums do not depend on the order of arrival.
struct Record {
  std::int64_t as_of_ms = 0;       // newest accepted event time or timer deadline; never goes back
  std::int64_t last_event_ms = 0;  // newest accepted event time
  std::uint64_t events = 0;  // accepted, of every kind; 0 for a customer known by profile only

  std::array<std::uint64_t, kRecentIds> recent_ids{};  // first in, first out, oldest at id_head
  std::uint8_t id_count = 0;
  std::uint8_t id_head = 0;

  Ring<kDailySlots> daily;
  Ring<kTriDailySlots> tri_daily;
  Ring<kHalfMonthSlots> half_month;

  std::int64_t decayed_at_ms = 0;  // the instant that the decayed sums are stated for
  std::array<double, kHalfLives> decayed_orders{};
  std::array<double, kHalfLives> decayed_spend{};

  // Lifetime, purchases only unless said.
  std::uint64_t orders = 0;
  std::uint64_t refunds = 0;
  std::uint64_t weekend_orders = 0;
  double gross = 0;
  double quantity = 0;
  double discount = 0;
  std::int64_t first_purchase_ms = 0;
  std::int64_t last_purchase_ms = 0;

  // Purchase days (UTC day numbers). The newest 64 are listed, ascending; older ones are counted.
  std::array<std::int32_t, kPurchaseDays> days{};
  std::uint8_t day_count = 0;       // listed
  std::uint64_t purchase_days = 0;  // all
  std::int32_t first_day = 0;
  double first_day_gross = 0;
  double gap_square_sum = 0;  // of all gaps between neighbouring purchase days, in days

  std::array<NamedSum, kCategorySlots> categories{};  // gross spend
  std::uint8_t category_count = 0;
  std::array<NamedSum, kChannelSlots> channels{};  // orders
  std::uint8_t channel_count = 0;

  std::array<AttributeValue, kAttributeSlots> attributes{};
  std::uint8_t attribute_count = 0;
};

// Appends the compact form: only the slots in use, varint deltas. Lossless: Decode gives a Record
// that encodes to the same bytes and folds to the same results.
void EncodeRecord(const Record& record, ByteWriter& out);
// kCorruption when the bytes are not a record.
Status DecodeRecord(ByteReader& in, Record& record);

}  // namespace segmentd::feature
