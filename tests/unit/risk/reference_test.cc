// Published figures (Fader, Hardie and Lee; BTYD and lifetimes after them) on public data sets.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "segmentd/risk/fit.h"
#include "segmentd/risk/scores.h"
#include "shops.h"
#include "support/public_data.h"

namespace segmentd::risk {
namespace {

// Days since 1970 of a civil date.
std::int64_t DayNumber(int year, int month, int day) {
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
Shop ReadCdnow() {
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
const std::int64_t kCdnowCut = DayNumber(1997, 9, 30);

// Cuts the last cell off a row. Only the first one, a description, may hold commas.
std::string TakeCell(std::string& row) {
  const std::size_t comma = row.rfind(',');
  if (comma == std::string::npos) return std::exchange(row, {});
  std::string cell = row.substr(comma + 1);
  row.resize(comma);
  return cell;
}

// Invoices of a wholesaler, December 2010 to December 2011; without cancellations.
Shop ReadOnlineRetail() {
  Shop shop;
  gzFile file = gzopen(PathOfData("online_retail_uci.csv.gz").c_str(), "rb");
  if (file == nullptr) return shop;
  char line[1024];
  gzgets(file, line, sizeof line);
  while (gzgets(file, line, sizeof line) != nullptr) {
    std::string row = line;
    TakeCell(row);  // the country
    const std::string customer = TakeCell(row);
    const double price = std::atof(TakeCell(row).c_str());
    const std::string date = TakeCell(row);
    const int quantity = std::atoi(TakeCell(row).c_str());
    if (customer.empty() || quantity <= 0) continue;
    shop.Add(customer,
             DayNumber(std::stoi(date.substr(0, 4)), std::stoi(date.substr(5, 2)),
                       std::stoi(date.substr(8, 2))),
             quantity * price);
  }
  gzclose(file);
  return shop;
}

// Ranks from 1, the mean rank for equals.
std::vector<double> Ranks(const std::vector<double>& values) {
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
double Auc(const std::vector<double>& scores, const std::vector<double>& purchases) {
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

double Correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto mean = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  const double mean_a = mean(a);
  const double mean_b = mean(b);
  double both = 0, square_a = 0, square_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    both += (a[i] - mean_a) * (b[i] - mean_b);
    square_a += (a[i] - mean_a) * (a[i] - mean_a);
    square_b += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return both / std::sqrt(square_a * square_b);
}

struct HoldOut {
  double sum = 0;
  double mean_error = 0;
  double root_mean_square = 0;
  double spearman = 0;
};

HoldOut Compare(const std::vector<double>& expected, const std::vector<double>& actual) {
  HoldOut out;
  const double share = 1 / static_cast<double>(expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    out.sum += expected[i];
    out.mean_error += std::abs(expected[i] - actual[i]) * share;
    out.root_mean_square += (expected[i] - actual[i]) * (expected[i] - actual[i]) * share;
  }
  out.root_mean_square = std::sqrt(out.root_mean_square);
  out.spearman = Correlation(Ranks(expected), Ranks(actual));
  return out;
}

std::vector<double> Expected(const Parameters& parameters, const Table& table, double weeks) {
  std::vector<double> expected;
  for (std::size_t i = 0; i < table.size(); ++i) {
    expected.push_back(ExpectedPurchases(parameters, table.at(i), weeks));
  }
  return expected;
}

std::vector<double> Active(const Parameters& parameters, const Table& table, double weeks) {
  std::vector<double> active(table.size());
  ActiveProbabilities(parameters, table.view(), weeks, active);
  return active;
}

void ExpectWithinOnePercent(double value, double published) {
  EXPECT_NEAR(value, published, 0.01 * published);
}

TEST(ReferenceTest, CountsCdnowAsThePublishedSummaryDoes) {
  const Shop shop = ReadCdnow();
  std::ifstream file(PathOfData("cdnow_customers_summary_with_transactions.csv"));
  if (shop.customers.empty() || !file) GTEST_SKIP() << kDataAbsent;
  const Table table = shop.Until(kCdnowCut);
  ASSERT_EQ(table.size(), 2357U);
  std::string line;
  std::getline(file, line);
  for (std::size_t i = 0; i < table.size(); ++i) {
    ASSERT_TRUE(std::getline(file, line));
    std::stringstream cells(line);
    double id = 0, x = 0, t_x = 0, age = 0, mean = 0;
    char comma = 0;
    cells >> id >> comma >> x >> comma >> t_x >> comma >> age >> comma >> mean;
    EXPECT_EQ(table.frequency[i], x) << line;
    EXPECT_NEAR(table.recency_weeks[i], t_x, 0.0051) << line;
    EXPECT_NEAR(table.age_weeks[i], age, 0.0051) << line;
    EXPECT_NEAR(x > 0 ? table.monetary[i] : 0, mean, 0.0051) << line;
  }
}

TEST(ReferenceTest, FitsBgNbdToCdnow) {
  const Shop shop = ReadCdnow();
  if (shop.customers.empty()) GTEST_SKIP() << kDataAbsent;
  const Table table = shop.Until(kCdnowCut);
  const Fit fit = FitParameters(table.view(), {}, Kind::kBgNbd);
  EXPECT_EQ(fit.parameters.kind, Kind::kBgNbd);
  ExpectWithinOnePercent(fit.parameters.r, 0.2426);
  ExpectWithinOnePercent(fit.parameters.alpha, 4.4136);
  ExpectWithinOnePercent(fit.parameters.a, 0.7929);
  ExpectWithinOnePercent(fit.parameters.b, 2.4259);
  EXPECT_NEAR(fit.report.log_likelihood, -9582.43, 0.1);
  EXPECT_LT(fit.report.distinct, fit.report.customers);

  const std::vector<double> actual = shop.After(kCdnowCut, 39 * 7);
  EXPECT_EQ(std::accumulate(actual.begin(), actual.end(), 0.0), 1882);
  const HoldOut out = Compare(Expected(fit.parameters, table, 39), actual);
  ExpectWithinOnePercent(out.sum, 1653);
  ExpectWithinOnePercent(out.mean_error, 0.786);
  ExpectWithinOnePercent(out.root_mean_square, 1.608);
  ExpectWithinOnePercent(out.spearman, 0.449);
  EXPECT_NEAR(Auc(Active(fit.parameters, table, 39), actual), 0.757, 0.0005);
}

TEST(ReferenceTest, FitsMbgNbdToCdnow) {
  const Shop shop = ReadCdnow();
  if (shop.customers.empty()) GTEST_SKIP() << kDataAbsent;
  const Table table = shop.Until(kCdnowCut);
  const Fit fit = FitParameters(table.view(), {});
  EXPECT_EQ(fit.parameters.kind, Kind::kMbgNbd);
  ExpectWithinOnePercent(fit.parameters.r, 0.525);
  ExpectWithinOnePercent(fit.parameters.alpha, 6.183);
  ExpectWithinOnePercent(fit.parameters.a, 0.891);
  ExpectWithinOnePercent(fit.parameters.b, 1.614);
  EXPECT_NEAR(fit.report.log_likelihood, -9582.13, 0.1);

  const std::vector<double> actual = shop.After(kCdnowCut, 39 * 7);
  const HoldOut out = Compare(Expected(fit.parameters, table, 39), actual);
  ExpectWithinOnePercent(out.sum, 1577);
  ExpectWithinOnePercent(out.mean_error, 0.765);
  ExpectWithinOnePercent(out.root_mean_square, 1.607);
  ExpectWithinOnePercent(out.spearman, 0.450);
  EXPECT_GE(Auc(Active(fit.parameters, table, 39), actual), 0.757);
  EXPECT_GE(Auc(Active(fit.parameters, table, 13), shop.After(kCdnowCut, 13 * 7)), 0.785);
}

TEST(ReferenceTest, FitsGammaGammaToCdnow) {
  const Shop shop = ReadCdnow();
  if (shop.customers.empty()) GTEST_SKIP() << kDataAbsent;
  const Fit fit = FitParameters(shop.Until(kCdnowCut).view(), {});
  EXPECT_EQ(fit.report.repeaters, 946U);
  ExpectWithinOnePercent(fit.report.p, 6.25);
  ExpectWithinOnePercent(fit.report.q, 3.74);
  ExpectWithinOnePercent(fit.report.v, 15.45);
  // Of the five that they publish, the third: $22.35 on two days.
  const double own =
      fit.report.p * (fit.report.v + 2 * 22.35) / (fit.report.p * 2 + fit.report.q - 1);
  EXPECT_NEAR(ExpectedSpend(fit.parameters, {2, 30.43, 38.86, 22.35}), own, 1e-9);
  EXPECT_NEAR(own, 24.66, 0.05);
}

TEST(ReferenceTest, TakesTheShopWhereNobodyIsSeenToLeaveForThat) {
  const Shop shop = ReadOnlineRetail();
  if (shop.customers.empty()) GTEST_SKIP() << kDataAbsent;
  const std::int64_t cut = DayNumber(2011, 6, 9);
  const Table table = shop.Until(cut);
  EXPECT_EQ(table.size(), 2800U);
  const Fit fit = FitParameters(table.view(), {});
  EXPECT_EQ(fit.parameters.kind, Kind::kNbd);
  EXPECT_FALSE(fit.report.notes.empty()) << "no failure is silent";
  const std::vector<double> actual = shop.After(cut, 26 * 7);
  EXPECT_GE(Auc(Active(fit.parameters, table, 26), actual), 0.715);
  EXPECT_TRUE(SilenceUntilBelow(fit.parameters, {10, 20, 20, 50}, 13, 0.35));
}

}  // namespace
}  // namespace segmentd::risk
