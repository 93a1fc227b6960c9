#include "windows.h"

#include <algorithm>

#include "calendar.h"
#include "segmentd/base/assert.h"
#include "segmentd/feature/money.h"

namespace segmentd::feature {
namespace {

// Adds to a bucket, making it in its place if there is none. Most events are new: search from the
// end.
template <int kMax>
void Merge(std::int64_t number, const WindowTotal& added, Buckets<kMax>& buckets) {
  int i = buckets.count;
  while (i > 0 && buckets.at[static_cast<std::size_t>(i - 1)].number > number) --i;
  if (i > 0 && buckets.at[static_cast<std::size_t>(i - 1)].number == number) {
    Bucket& bucket = buckets.at[static_cast<std::size_t>(i - 1)];
    bucket.spend = AddMoney(bucket.spend, added.spend);
    bucket.orders += static_cast<std::uint32_t>(added.orders);
    bucket.refunds += static_cast<std::uint32_t>(added.refunds);
    return;
  }
  SEGMENTD_ASSERT(buckets.count < kMax, "buckets outside their window must have been rolled up");
  const auto place = buckets.at.begin() + i;
  std::move_backward(place, buckets.at.begin() + buckets.count,
                     buckets.at.begin() + buckets.count + 1);
  *place = {number, added.spend, static_cast<std::uint32_t>(added.orders),
            static_cast<std::uint32_t>(added.refunds)};
  ++buckets.count;
}

// Takes the buckets with a number up to `last` out at the front, giving each to `take`.
template <int kMax, typename Take>
void TakeUpTo(std::int64_t last, Buckets<kMax>& buckets, Take take) {
  int gone = 0;
  while (gone < buckets.count && buckets.at[static_cast<std::size_t>(gone)].number <= last) {
    take(buckets.at[static_cast<std::size_t>(gone)]);
    ++gone;
  }
  if (gone == 0) return;
  std::move(buckets.at.begin() + gone, buckets.at.begin() + buckets.count, buckets.at.begin());
  buckets.count = static_cast<std::uint8_t>(buckets.count - gone);
}

WindowTotal TotalOf(const Bucket& bucket) { return {bucket.spend, bucket.orders, bucket.refunds}; }

// The newest number that no longer counts, per width, once `day` is the newest day.
struct Horizon {
  explicit Horizon(std::int64_t day)
      : days(day - Windows::kDays),
        threes(ThreeOf(day) - Windows::kThrees),
        fifteens(FifteenOf(ThreeOf(day)) - Windows::kFifteens) {}

  std::int64_t days;
  std::int64_t threes;
  std::int64_t fifteens;
};

void AddOlderThree(std::int64_t three, const WindowTotal& added, const Horizon& horizon,
                   Windows& windows) {
  const std::int64_t fifteen = FifteenOf(three);
  if (fifteen > horizon.fifteens) Merge(fifteen, added, windows.fifteens);
}

void AddOlderDay(std::int64_t day, const WindowTotal& added, const Horizon& horizon,
                 Windows& windows) {
  const std::int64_t three = ThreeOf(day);
  if (three > horizon.threes) {
    Merge(three, added, windows.threes);
  } else {
    AddOlderThree(three, added, horizon, windows);
  }
}

// Rolls up what leaves the finer buckets, the coarsest first to make room for what follows.
void Advance(const Horizon& horizon, Windows& windows) {
  TakeUpTo(horizon.fifteens, windows.fifteens, [](const Bucket&) {});
  TakeUpTo(horizon.threes, windows.threes, [&](const Bucket& bucket) {
    AddOlderThree(bucket.number, TotalOf(bucket), horizon, windows);
  });
  TakeUpTo(horizon.days, windows.days, [&](const Bucket& bucket) {
    AddOlderDay(bucket.number, TotalOf(bucket), horizon, windows);
  });
}

// Walks from the newest bucket back, so that each window continues where the shorter one ended.
class Backwards {
 public:
  template <int kMax>
  explicit Backwards(const Buckets<kMax>& buckets)
      : begin_(buckets.at.data()), at_(begin_ + buckets.count) {}

  void AddFrom(std::int64_t first, WindowTotal& total) {
    while (at_ != begin_ && at_[-1].number >= first) {
      --at_;
      total.spend += at_->spend;
      total.orders += at_->orders;
      total.refunds += at_->refunds;
    }
  }

 private:
  const Bucket* begin_;
  const Bucket* at_;
};

}  // namespace

void AddToWindows(std::int64_t day, const WindowTotal& added, Windows& windows) {
  Buckets<Windows::kDays>& days = windows.days;
  const bool newest = days.count == 0 || day > days.at[days.count - 1U].number;
  const Horizon horizon(newest ? day : days.at[days.count - 1U].number);
  if (newest) Advance(horizon, windows);
  if (day > horizon.days) {
    Merge(day, added, days);
  } else {
    AddOlderDay(day, added, horizon, windows);
  }
}

std::array<WindowTotal, kWindowDays.size()> SumWindows(const Windows& windows, std::int64_t today) {
  const Horizon horizon(today);
  Backwards days(windows.days);
  Backwards threes(windows.threes);
  Backwards fifteens(windows.fifteens);
  const std::int64_t three = horizon.threes + 1;
  const std::int64_t fifteen = horizon.fifteens + 1;

  std::array<WindowTotal, kWindowDays.size()> totals;
  WindowTotal total;
  days.AddFrom(today - 6, total);
  totals[0] = total;
  days.AddFrom(horizon.days + 1, total);
  totals[1] = total;
  days.AddFrom(three * 3, total);
  threes.AddFrom(three, total);
  totals[2] = total;
  days.AddFrom(fifteen * 15, total);
  threes.AddFrom(fifteen * 5, total);
  fifteens.AddFrom(fifteen, total);
  totals[3] = total;
  return totals;
}

WindowTotal SumHeld(const Windows& windows) {
  WindowTotal total;
  Backwards(windows.days).AddFrom(INT64_MIN, total);
  Backwards(windows.threes).AddFrom(INT64_MIN, total);
  Backwards(windows.fifteens).AddFrom(INT64_MIN, total);
  return total;
}

}  // namespace segmentd::feature
