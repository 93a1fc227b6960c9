#include "risk_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "segmentd/base/ids.h"
#include "segmentd/risk/fit.h"

namespace segmentd::learn {
namespace {

constexpr std::array<std::string_view, 4> kColumns = {"frequency", "recency_weeks", "age_weeks",
                                                      "monetary"};
constexpr double kWeekMs = 7.0 * static_cast<double>(kDayMs);

// Of every customer its newest row.
std::vector<Eigen::Index> NewestRows(const Rows& rows) {
  std::unordered_map<std::uint64_t, Eigen::Index> newest;
  std::vector<Eigen::Index> order;
  for (std::size_t i = 0; i < rows.customers.size(); ++i) {
    const auto [at, is_new] = newest.emplace(rows.customers[i], static_cast<Eigen::Index>(i));
    if (!is_new && rows.as_of_ms[i] > rows.as_of_ms[static_cast<std::size_t>(at->second)]) {
      at->second = static_cast<Eigen::Index>(i);
    }
  }
  for (const auto& [customer, row] : newest) order.push_back(row);
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace

risk::Parameters FitRisk(const Rows& rows, const risk::Parameters& last,
                         std::vector<std::string>& notes) {
  std::array<Eigen::Index, kColumns.size()> places{};
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    const auto at = std::ranges::find(rows.schema.features, kColumns[c]);
    if (at == rows.schema.features.end()) {
      notes.emplace_back("risk is as before: the purchase-day features are not in the plan");
      return last;
    }
    places[c] = at - rows.schema.features.begin();
  }
  const std::int64_t now_ms = *std::ranges::max_element(rows.as_of_ms);
  std::array<std::vector<double>, kColumns.size()> columns;
  for (const Eigen::Index row : NewestRows(rows)) {
    const double frequency = rows.values(places[0], row);
    if (!std::isfinite(frequency)) continue;  // nothing bought yet
    const auto older_ms = now_ms - rows.as_of_ms[static_cast<std::size_t>(row)];
    for (std::size_t c = 0; c < kColumns.size(); ++c) {
      columns[c].push_back(rows.values(places[c], row));
    }
    columns[2].back() += static_cast<double>(older_ms) / kWeekMs;
  }
  const risk::Fit fit = risk::FitParameters({columns[0], columns[1], columns[2], columns[3]}, last);
  notes.insert(notes.end(), fit.report.notes.begin(), fit.report.notes.end());
  return fit.parameters;
}

}  // namespace segmentd::learn
