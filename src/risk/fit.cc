#include "segmentd/risk/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "purchases.h"
#include "segmentd/base/assert.h"
#include "spend.h"

namespace segmentd::risk {
namespace {

// Half of the customers are worth little beside the others; a fifth bring most of the money.
constexpr double kMidQuantile = 0.5;
constexpr double kHighQuantile = 0.8;
// Leaving has to be seen: a chance below this after each purchase is none, and its two parameters
// have to gain as much likelihood as they would by chance (Akaike).
constexpr double kLeavingMin = 1e-4;
constexpr double kGainMin = 2;

void CountInto(const Histories& histories, Report& report) {
  report.customers = histories.frequency.size();
  report.repeaters = static_cast<std::uint64_t>(
      std::count_if(histories.frequency.begin(), histories.frequency.end(),
                    [](double frequency) { return frequency > 0; }));
}

// Whether parameters have r, alpha, a, b of these histories; if not, nothing changed.
bool LearnPurchases(const std::vector<Weighted>& rows, Kind wanted, Parameters& parameters,
                    Report& report) {
  if (report.customers < kFitCustomersMin || report.repeaters < kFitRepeatersMin) {
    report.notes.push_back(
        fmt::format("{} customers, {} of them with more than one purchase day, are too few to "
                    "learn who is still a customer; {} and {} are needed",
                    report.customers, report.repeaters, kFitCustomersMin, kFitRepeatersMin));
    return false;
  }
  Parameters staying = parameters;
  const bool has_staying = FitPurchases(rows, Kind::kNbd, staying);
  Parameters leaving = parameters;
  const bool has_leaving = wanted != Kind::kNbd && FitPurchases(rows, wanted, leaving);
  const auto leaves = [&] {
    return leaving.a / (leaving.a + leaving.b) >= kLeavingMin &&
           (!has_staying ||
            LogLikelihood(leaving, rows) - LogLikelihood(staying, rows) >= kGainMin);
  };
  if (has_leaving && leaves()) {
    parameters = leaving;
    return true;
  }
  if (has_staying) {
    parameters = staying;
    if (wanted != Kind::kNbd) {
      report.notes.emplace_back(
          "nobody is seen to leave in this history: silence lowers the scores, and never to the "
          "point where a customer counts as gone");
    }
    return true;
  }
  report.notes.emplace_back("no model of purchases fits this history");
  return false;
}

// Halfway from the value at the quantile to the next larger one, so that equal customers stand on
// one side and a last bit moves nobody; to the next smaller one where it is the largest.
double Limit(const std::vector<double>& ascending, double quantile) {
  const auto at = ascending.begin() +
                  static_cast<std::ptrdiff_t>(quantile * static_cast<double>(ascending.size() - 1));
  const auto larger = std::upper_bound(at, ascending.end(), *at);
  if (larger != ascending.end()) return *at + (*larger - *at) / 2;
  const auto equal = std::lower_bound(ascending.begin(), at, *at);
  return equal == ascending.begin() ? *at / 2 : *std::prev(equal) + (*at - *std::prev(equal)) / 2;
}

void LearnTiers(const Histories& histories, Parameters& parameters) {
  std::vector<double> values(histories.frequency.size());
  Histories bought = histories;
  bought.age_weeks = histories.recency_weeks;
  Values(parameters, bought, kYearWeeks, values);
  std::sort(values.begin(), values.end());
  parameters.tier_mid = Limit(values, kMidQuantile);
  parameters.tier_high = Limit(values, kHighQuantile);
}

}  // namespace

Fit FitParameters(const Histories& histories, const Parameters& last, Kind wanted) {
  SEGMENTD_ASSERT(wanted != Kind::kNone, "a fit is of some kind");
  Fit fit;
  fit.parameters = last;
  CountInto(histories, fit.report);
  const std::vector<Weighted> rows = Compress(histories);
  fit.report.distinct = rows.size();
  if (!LearnPurchases(rows, wanted, fit.parameters, fit.report)) {
    fit.report.notes.back() += last.kind == Kind::kNone
                                   ? "; there are no scores of risk and value"
                                   : "; scores of risk and value go on as they were";
    return fit;
  }
  FitSpend(histories, fit.parameters, fit.report);
  LearnTiers(histories, fit.parameters);
  fit.report.log_likelihood = LogLikelihood(fit.parameters, rows);
  SEGMENTD_ASSERT(CheckParameters(fit.parameters).ok(), "a fit gives usable parameters");
  return fit;
}

double LogLikelihood(const Parameters& parameters, const Histories& histories) {
  SEGMENTD_ASSERT(parameters.kind != Kind::kNone, "a likelihood needs parameters");
  return LogLikelihood(parameters, Compress(histories));
}

}  // namespace segmentd::risk
