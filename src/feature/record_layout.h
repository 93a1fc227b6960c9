#pragma once

#include <cstdint>

#include "pack.h"
#include "segmentd/feature/money.h"
#include "segmentd/feature/record.h"
#include "windows.h"

// What the two halves of the codec share. The stored order of a record:
//
//   flags                     16 bits, below
//   last_event                zigzag varint, ms
//   as_of                     zigzag varint, last_event - as_of in ms; with kAsOf
//   events                    varint
//   orders, refunds           varints; with kOrders, with kRefunds
//   ids                       a count byte with kIdCount; 8 bytes each, oldest first
//   days, threes, fifteens    a count byte and buckets, newest first; threes with kThrees, fifteens
//                             with kFifteens
//   decayed                   6 numbers, if there is a day: 8 bytes each with kDecayedRaw, else
//   money lifetime                  if there are orders: see PutLifetime names if there are orders:
//   see PutNames attributes                with kAttributes: a count byte, then name, kind and
//   value each
namespace segmentd::feature {

// DO NOT CHANGE: stored. A flag set means that something is there; without it, it is what a reader
// finds out from the rest.
enum Flag : std::uint16_t {
  kAsOf = 1 << 0,            // as_of is not last_event
  kInexact = 1 << 1,         // not Record::decimal
  kOrders = 1 << 2,          // orders are not all the events
  kRefunds = 1 << 3,         // else none
  kIdCount = 1 << 4,         // else an id for each event, up to the limit
  kThrees = 1 << 5,          // else no such buckets
  kFifteens = 1 << 6,        // else no such buckets
  kDecayedRaw = 1 << 7,      // else short decimals, as after a single event
  kWeekend = 1 << 8,         // else no weekend orders
  kQuantity = 1 << 9,        // else one per order
  kDiscount = 1 << 10,       // else none
  kLastPurchase = 1 << 11,   // else it is the last event
  kGross = 1 << 12,          // else the spend of the buckets
  kFirstDayGross = 1 << 13,  // else the spend of the oldest bucket
  kOlderDays = 1 << 14,      // purchase days older than the day buckets; else none
  kAttributes = 1 << 15,     // else none
};

// A bucket's head is (distance to the newer one) << 1, plus 1 for a single order of whole cents.
inline constexpr std::uint64_t kSingleOrder = 1;
// Day numbers of representable instants differ by less.
inline constexpr std::uint64_t kDistanceMax = std::uint64_t{1} << 40;

// The byte of counts in front of the names.
inline constexpr unsigned kChannelShift = 4;
inline constexpr unsigned kChannelMask = 7;
inline constexpr unsigned kCategoryMask = 15;
// The sums of the last category and the last channel complete gross and orders.
inline constexpr unsigned kNamesComplete = 1 << 7;

inline double Sum(const Record& record, double sum) {
  return record.decimal ? RoundDecimal(sum) : SaturateMoney(sum);
}

inline double HeldSpend(const Record& record) { return Sum(record, SumHeld(record.windows).spend); }

inline double OldestSpend(const Windows& windows) {
  if (windows.fifteens.count > 0) return windows.fifteens.at[0].spend;
  if (windows.threes.count > 0) return windows.threes.at[0].spend;
  return windows.days.count > 0 ? windows.days.at[0].spend : 0;
}

// The purchase days that need no listing.
inline std::size_t DaysInBuckets(const Record& record) {
  std::size_t days = 0;
  for (std::size_t i = 0; i < record.windows.days.count; ++i) {
    days += record.windows.days.at[i].orders > 0 ? 1 : 0;
  }
  return days;
}

// What all names but the last leave of a total.
template <int kMax>
double RestOf(double total, const NamedSums<kMax>& sums, const Record& record) {
  for (std::size_t i = 0; i + 1 < sums.count; ++i) total -= sums.at[i].sum;
  return Sum(record, total);
}

}  // namespace segmentd::feature
