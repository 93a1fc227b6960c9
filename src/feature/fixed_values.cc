#include <algorithm>
#include <cmath>
#include <limits>

#include "calendar.h"
#include "catalogue.h"
#include "decay.h"
#include "segmentd/feature/money.h"
#include "segmentd/feature/purchase_days.h"
#include "windows.h"

namespace segmentd::feature {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

using Values = std::array<double, kFixedSources>;

double Ratio(double numerator, double denominator) {
  return denominator == 0 ? kMissing : numerator / denominator;
}

double DaysBetween(std::int64_t from_ms, std::int64_t to_ms) {
  return MsBetween(from_ms, to_ms) / static_cast<double>(kDayMs);
}

// Sums stay sums for a customer without a purchase: 0, or below it after a refund.
void FillSums(const Record& record, std::int64_t as_of_ms, Values& values) {
  const auto totals = SumWindows(record.windows, DayOf(as_of_ms));
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const double spend = totals[i].spend;
    values[kOrders7 + i] = static_cast<double>(totals[i].orders);
    values[kSpend7 + i] = record.decimal ? RoundDecimal(spend) : SaturateMoney(spend);
    values[kRefunds7 + i] = static_cast<double>(totals[i].refunds);
  }
  const auto left = DecayFactors(record.last_event_ms, as_of_ms);
  for (std::size_t i = 0; i < kHalfLives; ++i) {
    values[kOrdersH7 + i] = record.decayed_orders[i] * left[i];
    values[kSpendH7 + i] = record.decayed_spend[i] * left[i];
  }
}

// The gaps' sum telescopes to last - first; n * squares - sum^2 is n^2 times the population
// variance.
void FillPurchaseDays(const Record& record, std::int64_t as_of_ms, Values& values) {
  const PurchaseDays days = PurchaseDaysOf(record, as_of_ms);
  const double gaps = days.frequency;
  const double span =
      static_cast<double>(DayOf(record.last_purchase_ms) - DayOf(record.first_purchase_ms));
  const double spread = gaps * static_cast<double>(record.gap_square_sum) - span * span;

  values[kGapMeanDays] = Ratio(span, gaps);
  values[kGapCv] = gaps < 2 ? kMissing : std::sqrt(std::max(spread, 0.0)) / span;
  values[kFrequency] = days.frequency;
  values[kRecencyWeeks] = days.recency_weeks;
  values[kAgeWeeks] = days.age_weeks;
  values[kMonetary] = days.monetary;
}

void FillLifetime(const Record& record, std::int64_t as_of_ms, Values& values) {
  const double orders = static_cast<double>(record.orders);
  values[kIdleDays] = DaysBetween(record.last_purchase_ms, as_of_ms);
  values[kTenureDays] = DaysBetween(record.first_purchase_ms, as_of_ms);
  values[kAov] = record.gross / orders;
  values[kBasket] = record.quantity / orders;
  values[kDiscountShare] = Ratio(record.discount, AddMoney(record.gross, record.discount));
  values[kRefundShare] = static_cast<double>(record.refunds) / orders;
  values[kWeekendShare] = static_cast<double>(record.weekend_orders) / orders;
  values[kTrend] = std::log((6 * values[kOrdersH7 + 1] + 1) / (values[kOrdersH7 + 2] + 1));
}

}  // namespace

PurchaseDays PurchaseDaysOf(const Record& record, std::int64_t as_of_ms) {
  const std::int64_t first_day = DayOf(record.first_purchase_ms);
  const double later = record.gross - record.first_day_gross;
  PurchaseDays days;
  days.frequency = static_cast<double>(record.purchase_days - 1);
  days.recency_weeks = static_cast<double>(DayOf(record.last_purchase_ms) - first_day) / 7;
  days.age_weeks = static_cast<double>(DayOf(as_of_ms) - first_day) / 7;
  days.monetary = Ratio(record.decimal ? RoundDecimal(later) : later, days.frequency);
  return days;
}

std::array<double, kFixedSources> FixedValues(const Record& record, std::int64_t as_of_ms) {
  Values values;
  FillSums(record, as_of_ms, values);
  if (record.orders > 0) {
    FillLifetime(record, as_of_ms, values);
    FillPurchaseDays(record, as_of_ms, values);
    return values;
  }
  values[kIdleDays] = values[kTenureDays] = kMissing;
  std::fill(values.begin() + kAov, values.end(), kMissing);
  return values;
}

}  // namespace segmentd::feature
