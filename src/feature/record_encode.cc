#include <algorithm>

#include "calendar.h"
#include "record_layout.h"
#include "segmentd/base/assert.h"
#include "segmentd/feature/record.h"

namespace segmentd::feature {
namespace {

// No record takes more: 68 buckets of 29, 64 days of 10, 26 names of 19 at most, and the rest.
constexpr std::size_t kRecordBytesMax = 4096;

std::uint64_t Distance(std::int64_t newer, std::int64_t older) {
  return static_cast<std::uint64_t>(newer) - static_cast<std::uint64_t>(older);
}

bool DecayedIsShort(const Record& record) {
  std::uint64_t cents;
  for (const double sum : record.decayed_orders) {
    if (!ToCents(sum, cents)) return false;
  }
  for (const double sum : record.decayed_spend) {
    if (!ToCents(sum, cents)) return false;
  }
  return true;
}

// Adding up the buckets saves three bytes: worth it for the many small records alone.
bool GrossIsHeld(const Record& record) {
  constexpr std::uint64_t kSmall = 8;
  return record.orders <= kSmall && SameBits(record.gross, HeldSpend(record));
}

std::uint16_t LifetimeFlags(const Record& record, std::size_t older_days) {
  unsigned flags = 0;
  if (record.weekend_orders != 0) flags |= kWeekend;
  if (!SameBits(record.quantity, static_cast<double>(record.orders))) flags |= kQuantity;
  if (!SameBits(record.discount, 0)) flags |= kDiscount;
  if (record.last_purchase_ms != record.last_event_ms) flags |= kLastPurchase;
  if (!GrossIsHeld(record)) flags |= kGross;
  if (!SameBits(record.first_day_gross, OldestSpend(record.windows))) flags |= kFirstDayGross;
  if (older_days != 0) flags |= kOlderDays;
  return static_cast<std::uint16_t>(flags);
}

std::uint16_t FlagsOf(const Record& record, std::size_t older_days) {
  unsigned flags = 0;
  if (record.as_of_ms != record.last_event_ms) flags |= kAsOf;
  if (!record.decimal) flags |= kInexact;
  if (record.orders != record.events) flags |= kOrders;
  if (record.refunds != 0) flags |= kRefunds;
  if (record.id_count != std::min<std::uint64_t>(record.events, kRecentIds)) flags |= kIdCount;
  if (record.windows.threes.count > 0) flags |= kThrees;
  if (record.windows.fifteens.count > 0) flags |= kFifteens;
  if (record.windows.days.count > 0 && !DecayedIsShort(record)) flags |= kDecayedRaw;
  if (record.orders != 0) flags |= LifetimeFlags(record, older_days);
  if (record.attribute_count > 0) flags |= kAttributes;
  return static_cast<std::uint16_t>(flags);
}

void PutIds(const Record& record, std::uint16_t flags, Packer& out) {
  if (flags & kIdCount) out.Fixed(record.id_count);
  for (std::size_t i = 0; i < record.id_count; ++i) {
    out.Fixed(record.recent_ids[(record.id_head + i) % kRecentIds]);
  }
}

template <int kMax>
void PutBuckets(const Buckets<kMax>& buckets, std::int64_t newest, Packer& out) {
  out.Fixed(buckets.count);
  for (std::size_t i = buckets.count; i-- > 0;) {
    const Bucket& bucket = buckets.at[i];
    const std::uint64_t head = Distance(newest, bucket.number) << 1;
    newest = bucket.number;
    std::uint64_t cents;
    if (bucket.orders == 1 && bucket.refunds == 0 && ToCents(bucket.spend, cents)) {
      out.Varint(head | kSingleOrder);
      out.Varint(cents);
      continue;
    }
    out.Varint(head);
    out.Varint(bucket.orders);
    out.Varint(bucket.refunds);
    out.Money(bucket.spend);
  }
}

void PutDecayed(const Record& record, std::uint16_t flags, Packer& out) {
  if (flags & kDecayedRaw) {
    out.Fixed(record.decayed_orders);
    out.Fixed(record.decayed_spend);
    return;
  }
  for (const double sum : record.decayed_orders) out.Money(sum);
  for (const double sum : record.decayed_spend) out.Money(sum);
}

void PutWindows(const Record& record, std::uint16_t flags, Packer& out) {
  const std::int64_t day = DayOf(record.last_event_ms);
  PutBuckets(record.windows.days, day, out);
  if (flags & kThrees) PutBuckets(record.windows.threes, ThreeOf(day), out);
  if (flags & kFifteens) PutBuckets(record.windows.fifteens, FifteenOf(ThreeOf(day)), out);
  if (record.windows.days.count > 0) PutDecayed(record, flags, out);
}

// The listed days that are not day buckets with orders, newest first, each one's distance less one
// to the day after it in the list; the first one's to the oldest such bucket, or to the newest day
// + 1.
void PutOlderDays(const Record& record, std::size_t older_days, Packer& out) {
  out.Fixed(static_cast<std::uint8_t>(older_days));
  std::int64_t newer =
      older_days < record.day_count ? record.days[older_days] : DayOf(record.last_purchase_ms) + 1;
  for (std::size_t i = older_days; i-- > 0;) {
    out.Varint(Distance(newer, record.days[i]) - 1);
    newer = record.days[i];
  }
}

void PutLifetime(const Record& record, std::uint16_t flags, std::size_t older_days, Packer& out) {
  if (flags & kWeekend) out.Varint(record.weekend_orders);
  if (flags & kQuantity) out.Money(record.quantity);
  if (flags & kDiscount) out.Money(record.discount);
  if (flags & kGross) out.Money(record.gross);
  if (flags & kLastPurchase) out.Varint(Distance(record.last_event_ms, record.last_purchase_ms));
  out.Varint(Distance(record.last_event_ms, record.first_purchase_ms));
  if (flags & kFirstDayGross) out.Money(record.first_day_gross);
  if (flags & kOlderDays) PutOlderDays(record, older_days, out);
  if (record.day_count == kPurchaseDays) {
    out.Varint(record.purchase_days - kPurchaseDays);
    out.Varint(record.gap_square_sum);
  }
}

template <int kMax>
void PutSums(const NamedSums<kMax>& sums, bool complete, Packer& out) {
  for (std::size_t i = 0; i < sums.count; ++i) {
    out.Fixed(sums.at[i].name);
    if (!complete || i + 1 < sums.count) out.Money(sums.at[i].sum);
  }
}

// A byte with both counts and kNamesComplete; then the categories and the channels, name and sum
// each.
void PutNames(const Record& record, Packer& out) {
  const auto& categories = record.categories;
  const auto& channels = record.channels;
  const double orders = static_cast<double>(record.orders);
  const bool complete =
      (categories.count == 0 || SameBits(categories.at[categories.count - 1U].sum,
                                         RestOf(record.gross, categories, record))) &&
      (channels.count == 0 ||
       SameBits(channels.at[channels.count - 1U].sum, RestOf(orders, channels, record)));
  const unsigned counts = categories.count | static_cast<unsigned>(channels.count) << kChannelShift;
  out.Fixed(static_cast<std::uint8_t>(counts | (complete ? kNamesComplete : 0U)));
  PutSums(categories, complete, out);
  PutSums(channels, complete, out);
}

void PutAttributes(const Record& record, Packer& out) {
  out.Fixed(record.attribute_count);
  for (std::size_t i = 0; i < record.attribute_count; ++i) {
    const AttributeValue& attribute = record.attributes[i];
    out.Fixed(attribute.name);
    out.Fixed(static_cast<std::uint8_t>(attribute.is_number));
    if (attribute.is_number) {
      out.Money(attribute.number);
    } else {
      out.Fixed(attribute.text);
    }
  }
}

}  // namespace

void EncodeRecord(const Record& record, ByteWriter& out) {
  const std::size_t older_days = record.day_count - DaysInBuckets(record);
  SEGMENTD_ASSERT(older_days <= kPurchaseDays, "a day bucket with orders must be a purchase day");
  const std::uint16_t flags = FlagsOf(record, older_days);

  char buffer[kRecordBytesMax];
  Packer packer(buffer);
  packer.Fixed(flags);
  packer.Zigzag(record.last_event_ms);
  if (flags & kAsOf) {
    packer.Zigzag(static_cast<std::int64_t>(Distance(record.last_event_ms, record.as_of_ms)));
  }
  packer.Varint(record.events);
  if (flags & kOrders) packer.Varint(record.orders);
  if (flags & kRefunds) packer.Varint(record.refunds);
  PutIds(record, flags, packer);
  PutWindows(record, flags, packer);
  if (record.orders > 0) {
    PutLifetime(record, flags, older_days, packer);
    PutNames(record, packer);
  }
  if (flags & kAttributes) PutAttributes(record, packer);
  out.Bytes(packer.packed());
}

}  // namespace segmentd::feature
