#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "segmentd/risk/scores.h"
#include "support/public_data.h"

// Purchases of public data sets.
namespace segmentd::risk {

// Purchase days of customers: day number -> spend of that day.
using Days = std::map<std::int64_t, double>;

struct Table {
  std::vector<double> frequency;
  std::vector<double> recency_weeks;
  std::vector<double> age_weeks;
  std::vector<double> monetary;

  std::size_t size() const { return frequency.size(); }
  History at(std::size_t i) const {
    return {frequency[i], recency_weeks[i], age_weeks[i], monetary[i]};
  }
  Histories view() const { return {frequency, recency_weeks, age_weeks, monetary}; }

  void Add(const History& history) {
    frequency.push_back(history.frequency);
    recency_weeks.push_back(history.recency_weeks);
    age_weeks.push_back(history.age_weeks);
    monetary.push_back(history.monetary);
  }
};

// Days since 1970 of a civil date.
inline std::int64_t DayNumber(int year, int month, int day) {
  const int shifted = month <= 2 ? year - 1 : year;
  const int month_from_march = (month + 9) % 12;
  const std::int64_t leap_days = shifted / 4 - shifted / 100 + shifted / 400;
  return std::int64_t{365} * shifted + leap_days + (month_from_march * 306 + 5) / 10 + day - 719469;
}

// The purchase days of a shop's customers, cut at a day: what was known then, and what followed.
struct Shop {
  std::map<std::string, Days> customers;

  void Add(const std::string& customer, std::int64_t day, double spend) {
    customers[customer][day] += spend;
  }

  Table Until(std::int64_t last_day) const {
    Table table;
    for (const auto& [customer, days] : customers) {
      const std::int64_t first = days.begin()->first;
      if (first > last_day) continue;
      const auto end = days.upper_bound(last_day);
      const double repeats = static_cast<double>(std::distance(days.begin(), end)) - 1;
      double spend = 0;
      for (auto at = std::next(days.begin()); at != end; ++at) spend += at->second;
      table.Add({repeats, static_cast<double>(std::prev(end)->first - first) / 7,
                 static_cast<double>(last_day - first) / 7,
                 repeats > 0 ? spend / repeats : std::numeric_limits<double>::quiet_NaN()});
    }
    return table;
  }

  // Purchase days in (last_day, last_day + days], of the same customers in the same order.
  std::vector<double> After(std::int64_t last_day, std::int64_t count) const {
    std::vector<double> purchases;
    for (const auto& [customer, days] : customers) {
      if (days.begin()->first > last_day) continue;
      purchases.push_back(static_cast<double>(
          std::distance(days.upper_bound(last_day), days.upper_bound(last_day + count))));
    }
    return purchases;
  }
};

// The tenth of CDNOW's new customers of early 1997, to the middle of 1998.
inline Shop ReadCdnow() {
  Shop shop;
  std::ifstream file(PathOfData("CDNOW_sample.txt"));
  std::string all_id, id;
  int date = 0;
  int count = 0;
  double amount = 0;
  while (file >> all_id >> id >> date >> count >> amount) {
    shop.Add(id, DayNumber(date / 10000, date / 100 % 100, date % 100), amount);
  }
  return shop;
}
inline const std::int64_t kCdnowCut = DayNumber(1997, 9, 30);

// Cuts the last cell off a row. Only the first one, a description, may hold commas.
inline std::string TakeCell(std::string& row) {
  const std::size_t comma = row.rfind(',');
  if (comma == std::string::npos) return std::exchange(row, {});
  std::string cell = row.substr(comma + 1);
  row.resize(comma);
  return cell;
}

// Lines of the invoices of a wholesaler, December 2010 to December 2011, without cancellations:
// take gets the customer, the invoice's time ("2010-12-01T08:26:00") and what the line adds up to.
template <typename Take>
void ForEachRetailLine(const Take& take) {
  gzFile file = gzopen(PathOfData("online_retail_uci.csv.gz").c_str(), "rb");
  if (file == nullptr) return;
  char line[1024];
  gzgets(file, line, sizeof line);
  while (gzgets(file, line, sizeof line) != nullptr) {
    std::string row = line;
    TakeCell(row);  // the country
    const std::string customer = TakeCell(row);
    const double price = std::atof(TakeCell(row).c_str());
    const std::string time = TakeCell(row);
    const int quantity = std::atoi(TakeCell(row).c_str());
    if (!customer.empty() && quantity > 0) take(customer, time, quantity * price);
  }
  gzclose(file);
}

inline std::int64_t DayOf(const std::string& time) {
  return DayNumber(std::stoi(time.substr(0, 4)), std::stoi(time.substr(5, 2)),
                   std::stoi(time.substr(8, 2)));
}

inline Shop ReadOnlineRetail() {
  Shop shop;
  ForEachRetailLine([&](const std::string& customer, const std::string& time, double spend) {
    shop.Add(customer, DayOf(time), spend);
  });
  return shop;
}

// Ranks from 1, the mean rank for equals.
inline std::vector<double> Ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t from = 0, to = 0; from < order.size(); from = to) {
    while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
    for (std::size_t i = from; i < to; ++i) {
      ranks[order[i]] = static_cast<double>(from + to + 1) / 2;
    }
  }
  return ranks;
}

// That a customer who does not come back has a lower score than one who does.
inline double Auc(const std::vector<double>& scores, const std::vector<double>& purchases) {
  const std::vector<double> ranks = Ranks(scores);
  double came = 0;
  double sum = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (purchases[i] == 0) continue;
    ++came;
    sum += ranks[i];
  }
  return (sum - came * (came + 1) / 2) / (came * (static_cast<double>(ranks.size()) - came));
}

}  // namespace segmentd::risk
