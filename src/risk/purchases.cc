#include "purchases.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <tuple>

#include "clean.h"
#include "log_gamma.h"
#include "maximise.h"

namespace segmentd::risk {
namespace {

double LogAddExp(double a, double b) {
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

// What every history of one frequency has in common: the likelihood is
// common * (stayed + left), of which only the second factor knows the times.
struct Common {
  double log_factor = 0;
  double log_left = 0;  // log(a / (b + x)), or its like
  bool may_have_left = true;
};

Common CommonOf(const Parameters& parameters, double x) {
  const auto [kind, r, alpha, a, b] =
      std::tuple(parameters.kind, parameters.r, parameters.alpha, parameters.a, parameters.b);
  Common common;
  common.log_factor = LogGamma(r + x) - LogGamma(r) + r * std::log(alpha);
  if (kind == Kind::kNbd) {
    common.may_have_left = false;
    return common;
  }
  const double stayed = kind == Kind::kMbgNbd ? x + 1 : x;
  common.log_factor +=
      LogGamma(a + b) + LogGamma(b + stayed) - LogGamma(b) - LogGamma(a + b + stayed);
  common.may_have_left = stayed > 0;
  if (common.may_have_left) common.log_left = std::log(a) - std::log(b + stayed - 1);
  return common;
}

// On the logarithms of r, alpha, a, b, alpha in tenths of the longest age: so that data of days and
// of years look alike to the search and to the priors.
struct Search {
  const std::vector<Weighted>& rows;
  Kind kind;
  double unit_weeks;

  Parameters At(std::span<const double> logs) const {
    Parameters parameters;
    parameters.kind = kind;
    parameters.r = std::exp(logs[0]);
    parameters.alpha = std::exp(logs[1]) * unit_weeks;
    if (logs.size() > 2) {
      parameters.a = std::exp(logs[2]);
      parameters.b = std::exp(logs[3]);
    }
    return parameters;
  }
};

// Where shops usually are, give or take a factor of ten: keeps a small sample from running away,
// and moves the fit of some thousand customers by less than a hundredth.
constexpr std::array<double, 4> kPriorMeans = {-1.0, 0.3, -0.2, 0.6};
constexpr double kPriorDeviation = 2.5;

double LogPrior(std::span<const double> logs) {
  double sum = 0;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const double z = (logs[i] - kPriorMeans[i]) / kPriorDeviation;
    sum -= z * z / 2;
  }
  return sum;
}

std::vector<std::vector<double>> Starts(Kind kind) {
  const std::size_t size = kind == Kind::kNbd ? 2 : 4;
  const std::vector<double> usual(kPriorMeans.begin(),
                                  kPriorMeans.begin() + static_cast<std::ptrdiff_t>(size));
  // Frequent buyers who hardly leave.
  std::vector<double> other = {1.0, 1.0, -2.5, 2.0};
  other.resize(size);
  return {usual, other};
}

}  // namespace

std::vector<Weighted> Compress(const Histories& histories) {
  std::vector<Weighted> rows;
  rows.reserve(histories.frequency.size());
  for (std::size_t i = 0; i < histories.frequency.size(); ++i) {
    const History clean =
        Clean({histories.frequency[i], histories.recency_weeks[i], histories.age_weeks[i], 0});
    rows.push_back({clean.frequency, clean.recency_weeks, clean.age_weeks, 1});
  }
  const auto key = [](const Weighted& row) {
    return std::tie(row.frequency, row.recency_weeks, row.age_weeks);
  };
  std::sort(rows.begin(), rows.end(),
            [&](const Weighted& a, const Weighted& b) { return key(a) < key(b); });
  std::size_t last = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (key(rows[i]) == key(rows[last])) {
      ++rows[last].count;
    } else {
      rows[++last] = rows[i];
    }
  }
  if (!rows.empty()) rows.resize(last + 1);
  return rows;
}

double LogLikelihood(const Parameters& parameters, const std::vector<Weighted>& rows) {
  double sum = 0;
  Common common;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Weighted& row = rows[i];
    if (i == 0 || row.frequency != rows[i - 1].frequency) {
      common = CommonOf(parameters, row.frequency);
    }
    const double rate = parameters.r + row.frequency;
    double log_times = -rate * std::log(parameters.alpha + row.age_weeks);
    if (common.may_have_left) {
      log_times = LogAddExp(
          log_times, common.log_left - rate * std::log(parameters.alpha + row.recency_weeks));
    }
    sum += row.count * (common.log_factor + log_times);
  }
  return sum;
}

bool FitPurchases(const std::vector<Weighted>& rows, Kind kind, Parameters& parameters) {
  constexpr double kLongestAge = 10;
  double longest_weeks = 0;
  for (const Weighted& row : rows) longest_weeks = std::max(longest_weeks, row.age_weeks);
  if (!(longest_weeks > 0)) return false;
  const Search search{rows, kind, longest_weeks / kLongestAge};
  const auto found = Maximise(
      [&](std::span<const double> logs) {
        return LogLikelihood(search.At(logs), rows) + LogPrior(logs);
      },
      Starts(kind));
  if (!found || found->on_bound) return false;
  const Parameters best = search.At(found->at);
  parameters.kind = kind;
  parameters.r = best.r;
  parameters.alpha = best.alpha;
  parameters.a = best.a;
  parameters.b = best.b;
  return true;
}

}  // namespace segmentd::risk
