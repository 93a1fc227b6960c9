#include "segmentd/feature/fold.h"

#include <algorithm>
#include <cmath>

#include "calendar.h"
#include "decay.h"
#include "segmentd/base/hash.h"
#include "segmentd/feature/money.h"
#include "windows.h"

namespace segmentd::feature {
namespace {

void Remember(std::uint64_t id, Record& record) {
  if (record.id_count < kRecentIds) {
    // Ids are dropped only when all places are taken, so until then the oldest is the first.
    record.recent_ids[record.id_count++] = id;
  } else {
    record.recent_ids[record.id_head] = id;
    record.id_head = static_cast<std::uint8_t>((record.id_head + 1) % kRecentIds);
  }
}

// Restates the decayed sums for a newer event's instant.
void Decay(std::int64_t to_ms, Record& record) {
  const auto factors = DecayFactors(record.last_event_ms, to_ms);
  for (std::size_t i = 0; i < kHalfLives; ++i) {
    record.decayed_orders[i] *= factors[i];
    record.decayed_spend[i] *= factors[i];
  }
}

void AddDecayed(std::int64_t at_ms, double orders, double spend, Record& record) {
  std::array<double, kHalfLives> weights = {1, 1, 1};
  if (at_ms < record.last_event_ms) weights = DecayFactors(at_ms, record.last_event_ms);
  for (std::size_t i = 0; i < kHalfLives; ++i) {
    record.decayed_orders[i] += orders * weights[i];
    record.decayed_spend[i] = SaturateMoney(record.decayed_spend[i] + spend * weights[i]);
  }
}

// Modulo 2^64: exact for gaps below eleven million years, and never undefined.
std::uint64_t Square(std::int64_t gap) {
  return static_cast<std::uint64_t>(gap) * static_cast<std::uint64_t>(gap);
}

// Puts a day that is not listed into its place among the listed ones, dropping the oldest if need
// be.
void ListDay(std::size_t place, std::int64_t day, Record& record) {
  auto& days = record.days;
  const std::size_t count = record.day_count;
  if (place > 0 && place < count) {
    record.gap_square_sum -= Square(days[place] - days[place - 1]);
  }
  if (place > 0) record.gap_square_sum += Square(day - days[place - 1]);
  if (place < count) record.gap_square_sum += Square(days[place] - day);
  ++record.purchase_days;
  const auto at = days.begin() + static_cast<std::ptrdiff_t>(place);
  if (count < kPurchaseDays) {
    std::move_backward(at, days.begin() + record.day_count, days.begin() + record.day_count + 1);
    *at = day;
    ++record.day_count;
  } else if (place > 0) {
    std::move(days.begin() + 1, at, days.begin());
    *(at - 1) = day;
  }
}

// A late day between the first one and the oldest one listed may be known already or not: it is
// taken for known. Only the features of purchase days can tell the difference.
void AddPurchaseDay(std::int64_t day, std::int64_t first_day, Record& record) {
  const auto& days = record.days;
  std::size_t place = record.day_count;
  while (place > 0 && days[place - 1] > day) --place;
  if (place > 0 && days[place - 1] == day) return;
  if (place > 0 || record.purchase_days == record.day_count) {
    ListDay(place, day, record);
  } else if (day < first_day) {
    record.gap_square_sum += Square(first_day - day);
    ++record.purchase_days;
  }
}

template <int kMax>
void AddNamed(std::string_view text, double amount, std::span<const std::uint64_t> frozen,
              NamedSums<kMax>& sums) {
  if (text.empty()) return;
  const std::uint64_t name = Hash64(text);
  const auto end = sums.at.begin() + sums.count;
  const auto found =
      std::find_if(sums.at.begin(), end, [&](const NamedSum& sum) { return sum.name == name; });
  if (found != end) {
    found->sum = AddMoney(found->sum, amount);
    return;
  }
  if (sums.count < kMax) {
    sums.at[sums.count++] = {name, amount};
    return;
  }
  const auto is_frozen = [&](std::uint64_t other) {
    return std::find(frozen.begin(), frozen.end(), other) != frozen.end();
  };
  if (!is_frozen(name)) return;
  NamedSum* smallest = nullptr;
  for (NamedSum& sum : sums.at) {
    if (!is_frozen(sum.name) && (smallest == nullptr || sum.sum < smallest->sum)) smallest = &sum;
  }
  if (smallest != nullptr) *smallest = {name, amount};
}

void FoldPurchase(const event::Event& event, const FrozenNames& frozen, Record& record) {
  const std::int64_t at_ms = event.event_time_ms;
  const std::int64_t day = DayOf(at_ms);
  const bool first = record.orders == 0;
  const std::int64_t first_day = first ? day : DayOf(record.first_purchase_ms);
  const double amount = AddMoney(0, event.amount);

  record.decimal = record.decimal && IsDecimal(amount);
  AddToWindows(day, {amount, 1, 0}, record.windows);
  AddDecayed(at_ms, 1, amount, record);
  ++record.orders;
  if (IsWeekend(day)) ++record.weekend_orders;
  record.gross = AddMoney(record.gross, amount);
  record.quantity = AddMoney(record.quantity, event.quantity);
  record.discount = AddMoney(record.discount, event.discount);

  AddPurchaseDay(day, first_day, record);
  if (first || day < first_day) {
    record.first_day_gross = amount;
  } else if (day == first_day) {
    record.first_day_gross = AddMoney(record.first_day_gross, amount);
  }
  record.first_purchase_ms = first ? at_ms : std::min(record.first_purchase_ms, at_ms);
  record.last_purchase_ms = first ? at_ms : std::max(record.last_purchase_ms, at_ms);

  AddNamed(event.category, amount, frozen.categories, record.categories);
  AddNamed(event.channel, 1, frozen.channels, record.channels);
}

void FoldRefund(const event::Event& event, Record& record) {
  const double spend = AddMoney(0, -event.amount);
  record.decimal = record.decimal && IsDecimal(spend);
  AddToWindows(DayOf(event.event_time_ms), {spend, 0, 1}, record.windows);
  AddDecayed(event.event_time_ms, 0, spend, record);
  ++record.refunds;
}

}  // namespace

bool IsDuplicate(const event::Event& event, const Record& record) {
  const auto begin = record.recent_ids.begin();
  const auto end = begin + record.id_count;
  return event.has_id && std::find(begin, end, event.id_hash) != end;
}

FoldResult Fold(const event::Event& event, const FrozenNames& frozen, Record& record) {
  if (IsDuplicate(event, record)) return FoldResult::kDuplicate;
  if (event.has_id) Remember(event.id_hash, record);
  const std::int64_t at_ms = event.event_time_ms;
  if (record.events == 0) record.as_of_ms = record.last_event_ms = at_ms;
  ++record.events;
  const bool late = at_ms < record.as_of_ms;
  if (at_ms > record.last_event_ms) {
    Decay(at_ms, record);
    record.last_event_ms = at_ms;
    record.as_of_ms = std::max(record.as_of_ms, at_ms);
  }
  switch (event.kind) {
    case event::Kind::kPurchase:
      FoldPurchase(event, frozen, record);
      break;
    case event::Kind::kRefund:
      FoldRefund(event, record);
      break;
    case event::Kind::kVisit:
      break;
  }
  return late ? FoldResult::kLate : FoldResult::kApplied;
}

bool FoldProfile(const event::Profile& profile, Record& record) {
  const std::size_t before = record.attribute_count;
  std::size_t count = 0;
  bool replaced = false;
  for (const event::Attribute& attribute : profile.attributes) {
    if (count == kAttributeSlots) break;
    if (attribute.is_number && !std::isfinite(attribute.number)) continue;
    const AttributeValue value = {Hash64(attribute.name), attribute.is_number,
                                  attribute.is_number ? attribute.number : 0.0,
                                  attribute.is_number ? 0 : Hash64(attribute.text)};
    replaced = replaced || count >= before || !(record.attributes[count] == value);
    record.attributes[count++] = value;
  }
  record.attribute_count = static_cast<std::uint8_t>(count);
  return replaced || count != before;
}

}  // namespace segmentd::feature
