#pragma once

#include <array>
#include <cstdint>

#include "segmentd/base/bytes.h"
#include "segmentd/base/result.h"

namespace segmentd::feature {

inline constexpr int kHalfLives = 3;  // 7 d, 30 d, 180 d
inline constexpr int kRecentIds = 32;
inline constexpr int kPurchaseDays = 64;
inline constexpr int kCategorySlots = 12;
inline constexpr int kChannelSlots = 6;
inline constexpr int kAttributeSlots = 8;

// What happened in one bucket of time; numbered floor(ts / width) from 1970.
struct Bucket {
  std::int64_t number = 0;
  double spend = 0;  // purchases minus refunds
  std::uint32_t orders = 0;
  std::uint32_t refunds = 0;
};

// The buckets in use, ascending by number. What lies beyond count is not initialised.
template <int kMax>
struct Buckets {
  std::uint8_t count = 0;
  std::array<Bucket, kMax> at;
};

// The history of the 7, 30, 90 and 360-day windows, each event in one place: its day, while that is
// among the newest 30 up to the newest day with money; then its three days, while they are among
// the newest 30 of those; then its fifteen days, among the newest 24. Days nest in threes and
// threes in fifteens, so every window is an exact sum.
struct Windows {
  static constexpr int kDays = 30;
  static constexpr int kThrees = 30;
  static constexpr int kFifteens = 24;
  static constexpr int kThreesHeld = kThrees - kDays / 3;             // the newest are held as days
  static constexpr int kFifteensHeld = kFifteens - kThrees * 3 / 15;  // likewise as days and threes

  Buckets<kDays> days;
  Buckets<kThreesHeld> threes;
  Buckets<kFifteensHeld> fifteens;
};

// A sum under a name; the name is kept as its 64-bit hash.
struct NamedSum {
  std::uint64_t name = 0;
  double sum = 0;
};

template <int kMax>
struct NamedSums {
  std::uint8_t count = 0;
  std::array<NamedSum, kMax> at;
};

struct AttributeValue {
  std::uint64_t name = 0;  // Hash64 of the attribute's name
  bool is_number = false;
  double number = 0;
  std::uint64_t text = 0;  // Hash64 of the value, when it is a name

  bool operator==(const AttributeValue&) const = default;
};

// Everything that is known of a customer's history: flat, bounded, independent of its length.
// Holds the whole catalogue whatever the plan selects, so that a plan may change without a replay.
// Money adds up decimally (see money.h), so that sums do not depend on the order of arrival.
// Array elements beyond their count are not initialised: a new record costs nothing to make.
struct Record {
  std::int64_t as_of_ms = 0;       // newest accepted event time or timer deadline; never goes back
  std::int64_t last_event_ms = 0;  // newest accepted event time
  std::uint64_t events = 0;  // accepted, of every kind; 0 for a customer known by profile only

  std::array<std::uint64_t, kRecentIds> recent_ids;  // first in, first out, oldest at id_head
  std::uint8_t id_count = 0;
  std::uint8_t id_head = 0;

  Windows windows;
  bool decimal = true;  // every amount so far had at most four decimals: see IsDecimal

  // Stated for last_event_ms.
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
  std::array<std::int64_t, kPurchaseDays> days;
  std::uint8_t day_count = 0;        // listed
  std::uint64_t purchase_days = 0;   // all
  double first_day_gross = 0;        // of the day of first_purchase_ms
  std::uint64_t gap_square_sum = 0;  // of all gaps between neighbouring purchase days, modulo 2^64

  NamedSums<kCategorySlots> categories;  // gross spend
  NamedSums<kChannelSlots> channels;     // orders

  std::array<AttributeValue, kAttributeSlots> attributes;
  std::uint8_t attribute_count = 0;

  // Not defaulted, so that Record() does not clear the arrays either.
  Record() {}  // NOLINT(modernize-use-equals-default)
};

// Appends the compact form: only what is in use, and only what cannot be told from the rest. About
// 135 bytes for three purchases. Lossless: decoding gives a Record that encodes to the same bytes
// and folds to the same results.
void EncodeRecord(const Record& record, ByteWriter& out);
// Reads one record and leaves the reader behind it. Whatever was in `record` is replaced.
// kCorruption when the bytes are not a record; `record` and the reader are then of no use.
Status DecodeRecord(ByteReader& in, Record& record);

}  // namespace segmentd::feature
