#include <algorithm>

#include "calendar.h"
#include "record_layout.h"
#include "segmentd/feature/record.h"

namespace segmentd::feature {
namespace {

std::int64_t Before(std::int64_t newer, std::uint64_t distance) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(newer) - distance);
}

std::uint8_t GetCount(std::size_t max, Unpacker& in) {
  const std::uint8_t count = in.Fixed<std::uint8_t>();
  in.Check(count <= max);
  return in.ok() ? count : std::uint8_t{0};
}

std::uint32_t GetU32(Unpacker& in) {
  const std::uint64_t value = in.Varint();
  in.Check(value <= UINT32_MAX);
  return static_cast<std::uint32_t>(value);
}

void GetIds(std::uint16_t flags, Unpacker& in, Record& record) {
  record.id_head = 0;
  record.id_count =
      flags & kIdCount
          ? GetCount(kRecentIds, in)
          : static_cast<std::uint8_t>(std::min<std::uint64_t>(record.events, kRecentIds));
  for (std::size_t i = 0; i < record.id_count; ++i) {
    record.recent_ids[i] = in.Fixed<std::uint64_t>();
  }
}

// Numbers strictly descend from `newest` at most; the caller checks the oldest against its window.
template <int kMax>
void GetBuckets(std::int64_t newest, Unpacker& in, Buckets<kMax>& buckets) {
  buckets.count = GetCount(kMax, in);
  std::int64_t number = newest;
  for (std::size_t i = buckets.count; i-- > 0;) {
    Bucket& bucket = buckets.at[i];
    const std::uint64_t head = in.Varint();
    const std::uint64_t distance = head >> 1;
    in.Check(distance <= kDistanceMax && (distance > 0 || i + 1 == buckets.count));
    if (!in.ok()) return;
    number = Before(number, distance);
    bucket.number = number;
    if (head & kSingleOrder) {
      bucket.orders = 1;
      bucket.refunds = 0;
      bucket.spend = FromCents(in.Varint());
      continue;
    }
    bucket.orders = GetU32(in);
    bucket.refunds = GetU32(in);
    bucket.spend = in.Money();
  }
}

void GetDecayed(std::uint16_t flags, Unpacker& in, Record& record) {
  const bool raw = flags & kDecayedRaw;
  for (double& sum : record.decayed_orders) sum = raw ? in.Finite() : in.Money();
  for (double& sum : record.decayed_spend) sum = raw ? in.Finite() : in.Money();
}

// Buckets that are not where a fold would have them would not fit when the next one is added.
template <int kMax>
bool Within(const Buckets<kMax>& buckets, std::int64_t newest, int window, int held) {
  return buckets.count == 0 || (buckets.at[0].number > newest - window &&
                                buckets.at[buckets.count - 1U].number <= newest - window + held);
}

void GetWindows(std::uint16_t flags, Unpacker& in, Record& record) {
  Windows& windows = record.windows;
  const std::int64_t day = DayOf(record.last_event_ms);
  GetBuckets(day, in, windows.days);
  windows.threes.count = windows.fifteens.count = 0;
  if (flags & kThrees) GetBuckets(ThreeOf(day), in, windows.threes);
  if (flags & kFifteens) GetBuckets(FifteenOf(ThreeOf(day)), in, windows.fifteens);
  if (windows.days.count == 0) {
    in.Check(windows.threes.count == 0 && windows.fifteens.count == 0);
    record.decayed_orders = record.decayed_spend = {};
    return;
  }
  const std::int64_t newest = windows.days.at[windows.days.count - 1U].number;
  const std::int64_t three = ThreeOf(newest);
  in.Check(Within(windows.days, newest, Windows::kDays, Windows::kDays));
  in.Check(Within(windows.threes, three, Windows::kThrees, Windows::kThreesHeld));
  in.Check(Within(windows.fifteens, FifteenOf(three), Windows::kFifteens, Windows::kFifteensHeld));
  GetDecayed(flags, in, record);
}

void GetOlderDays(std::size_t older, std::int64_t newer, Unpacker& in, Record& record) {
  for (std::size_t i = older; i-- > 0;) {
    const std::uint64_t distance = in.Varint();
    in.Check(distance < kDistanceMax);
    if (!in.ok()) return;
    newer = Before(newer, distance + 1);
    record.days[i] = newer;
  }
}

void GetDays(std::uint16_t flags, Unpacker& in, Record& record) {
  const auto& buckets = record.windows.days;
  const std::size_t older = flags & kOlderDays ? GetCount(kPurchaseDays, in) : 0;
  std::size_t count = older;
  for (std::size_t i = 0; i < buckets.count; ++i) {
    if (buckets.at[i].orders == 0) continue;
    if (count < kPurchaseDays) record.days[count] = buckets.at[i].number;
    ++count;
  }
  in.Check(count > 0 && count <= kPurchaseDays);
  if (!in.ok()) return;
  const std::int64_t newer =
      older < count ? record.days[older] : DayOf(record.last_purchase_ms) + 1;
  GetOlderDays(older, newer, in, record);
  record.day_count = static_cast<std::uint8_t>(count);
  record.purchase_days = count;
  record.gap_square_sum = 0;
  if (count == kPurchaseDays) {
    record.purchase_days += in.Varint();
    record.gap_square_sum = in.Varint();
    return;
  }
  for (std::size_t i = 1; i < count && in.ok(); ++i) {
    const std::uint64_t gap = static_cast<std::uint64_t>(record.days[i] - record.days[i - 1]);
    record.gap_square_sum += gap * gap;
  }
}

void GetLifetime(std::uint16_t flags, Unpacker& in, Record& record) {
  record.weekend_orders = flags & kWeekend ? in.Varint() : 0;
  record.quantity = flags & kQuantity ? in.Money() : static_cast<double>(record.orders);
  record.discount = flags & kDiscount ? in.Money() : 0;
  record.gross = flags & kGross ? in.Money() : HeldSpend(record);
  record.last_purchase_ms = Before(record.last_event_ms, flags & kLastPurchase ? in.Varint() : 0);
  record.first_purchase_ms = Before(record.last_event_ms, in.Varint());
  record.first_day_gross = flags & kFirstDayGross ? in.Money() : OldestSpend(record.windows);
  GetDays(flags, in, record);
}

template <int kMax>
void GetSums(std::size_t count, bool complete, double total, const Record& record, Unpacker& in,
             NamedSums<kMax>& sums) {
  in.Check(count <= kMax);
  sums.count = in.ok() ? static_cast<std::uint8_t>(count) : std::uint8_t{0};
  for (std::size_t i = 0; i < sums.count; ++i) {
    sums.at[i].name = in.Fixed<std::uint64_t>();
    const bool rest = complete && i + 1 == sums.count;
    sums.at[i].sum = rest ? RestOf(total, sums, record) : in.Money();
  }
}

void GetNames(Unpacker& in, Record& record) {
  const unsigned counts = in.Fixed<std::uint8_t>();
  const bool complete = counts & kNamesComplete;
  GetSums(counts & kCategoryMask, complete, record.gross, record, in, record.categories);
  GetSums(counts >> kChannelShift & kChannelMask, complete, static_cast<double>(record.orders),
          record, in, record.channels);
}

void ClearPurchases(Record& record) {
  record.weekend_orders = record.purchase_days = record.gap_square_sum = 0;
  record.gross = record.quantity = record.discount = record.first_day_gross = 0;
  record.first_purchase_ms = record.last_purchase_ms = 0;
  record.day_count = record.categories.count = record.channels.count = 0;
}

void GetAttributes(std::uint16_t flags, Unpacker& in, Record& record) {
  record.attribute_count = flags & kAttributes ? GetCount(kAttributeSlots, in) : std::uint8_t{0};
  for (std::size_t i = 0; i < record.attribute_count; ++i) {
    AttributeValue& attribute = record.attributes[i];
    attribute.name = in.Fixed<std::uint64_t>();
    const std::uint8_t kind = in.Fixed<std::uint8_t>();
    in.Check(kind <= 1);
    attribute.is_number = kind == 1;
    attribute.number = attribute.is_number ? in.Money() : 0;
    attribute.text = attribute.is_number ? 0 : in.Fixed<std::uint64_t>();
  }
}

}  // namespace

Status DecodeRecord(ByteReader& in, Record& record) {
  const std::string_view all = in.Bytes(in.remaining());
  Unpacker unpacker(all);
  const std::uint16_t flags = unpacker.Fixed<std::uint16_t>();
  record.last_event_ms = unpacker.Zigzag();
  const std::int64_t behind = flags & kAsOf ? unpacker.Zigzag() : 0;
  record.as_of_ms = Before(record.last_event_ms, static_cast<std::uint64_t>(behind));
  record.events = unpacker.Varint();
  record.orders = flags & kOrders ? unpacker.Varint() : record.events;
  record.refunds = flags & kRefunds ? unpacker.Varint() : 0;
  record.decimal = !(flags & kInexact);
  GetIds(flags, unpacker, record);
  GetWindows(flags, unpacker, record);
  if (record.orders > 0) {
    GetLifetime(flags, unpacker, record);
    GetNames(unpacker, record);
  } else {
    ClearPurchases(record);
    unpacker.Check(DaysInBuckets(record) == 0);
  }
  GetAttributes(flags, unpacker, record);
  if (!in.ok() || !unpacker.ok()) {
    return Fail(Code::kCorruption, "a customer record of {} bytes is damaged near byte {}",
                all.size(), unpacker.used());
  }
  in = ByteReader(all.substr(unpacker.used()));
  return Ok();
}

}  // namespace segmentd::feature
