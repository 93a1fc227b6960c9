#include "spend.h"

#include <fmt/format.h>

#include <cmath>
#include <span>
#include <vector>

#include "log_gamma.h"
#include "maximise.h"

namespace segmentd::risk {
namespace {

// Beyond this, frequent buyers spend otherwise than rare ones, and Gamma-Gamma takes them for
// alike.
constexpr double kCorrelationMax = 0.3;
// As many days of the mean as shares of categories are shrunk by.
constexpr double kShrinkDays = 3;

struct Spender {
  double days = 0;
  double mean = 0;  // in units of the mean of all
};

double MeanSpend(const std::vector<Spender>& spenders) {
  double sum = 0;
  for (const Spender& spender : spenders)
    sum += spender.mean / static_cast<double>(spenders.size());
  return sum;
}

double Correlation(const std::vector<Spender>& spenders) {
  const double count = static_cast<double>(spenders.size());
  double mean_days = 0;
  double mean_spend = 0;
  for (const Spender& spender : spenders) {
    mean_days += spender.days / count;
    mean_spend += spender.mean / count;
  }
  double both = 0;
  double days = 0;
  double spend = 0;
  for (const Spender& spender : spenders) {
    both += (spender.days - mean_days) * (spender.mean - mean_spend);
    days += (spender.days - mean_days) * (spender.days - mean_days);
    spend += (spender.mean - mean_spend) * (spender.mean - mean_spend);
  }
  return days > 0 && spend > 0 ? both / std::sqrt(days) / std::sqrt(spend) : 0;
}

double LogLikelihood(const std::vector<Spender>& spenders, double p, double q, double v) {
  double sum = 0;
  for (const auto& [x, m] : spenders) {
    sum += LogGamma(p * x + q) - LogGamma(p * x) - LogGamma(q) + q * std::log(v) +
           (p * x - 1) * std::log(m) + p * x * std::log(x) - (p * x + q) * std::log(x * m + v);
  }
  return sum;
}

// Amounts that are positive alone; nothing is said of the others.
std::vector<Spender> Positive(const std::vector<Spender>& spenders, double unit) {
  std::vector<Spender> positive;
  for (const Spender& spender : spenders) {
    if (spender.mean > 0) positive.push_back({spender.days, spender.mean / unit});
  }
  return positive;
}

// Empty when Gamma-Gamma holds, else why it does not.
std::string FitGammaGamma(const std::vector<Spender>& spenders, double unit, Report& report) {
  const std::vector<Spender> positive = Positive(spenders, unit);
  if (positive.size() < kFitRepeatersMin) {
    return fmt::format("only {} customers came back and spent", positive.size());
  }
  const double correlation = Correlation(positive);
  if (std::abs(correlation) >= kCorrelationMax) {
    return fmt::format("spend goes with frequency (correlation {:.2f})", correlation);
  }
  const auto found = Maximise(
      [&](std::span<const double> logs) {
        return LogLikelihood(positive, std::exp(logs[0]), std::exp(logs[1]), std::exp(logs[2]));
      },
      {{1, 1, 0}, {0, 2, 1}});
  if (!found || found->on_bound) return "the search for Gamma-Gamma ends nowhere";
  const double p = std::exp(found->at[0]);
  const double q = std::exp(found->at[1]);
  const double v = std::exp(found->at[2]);
  if (q <= 1 || !std::isfinite(unit * p * v / (q - 1)))
    return "Gamma-Gamma has no finite mean here";
  report.p = p;
  report.q = q;
  report.v = v * unit;
  return {};
}

}  // namespace

bool FitSpend(const Histories& histories, Parameters& parameters, Report& report) {
  std::vector<Spender> spenders;
  for (std::size_t i = 0; i < histories.frequency.size(); ++i) {
    const double mean = histories.monetary[i];
    if (histories.frequency[i] > 0 && std::isfinite(mean) && mean >= 0) {
      spenders.push_back({histories.frequency[i], mean});
    }
  }
  if (spenders.empty()) return false;
  const double mean = MeanSpend(spenders);
  const std::string why_not = FitGammaGamma(spenders, mean > 0 ? mean : 1, report);
  if (why_not.empty()) {
    // E[M] = p (v + x m) / (p x + q - 1): a mean of p v / (q - 1) that counts (q - 1) / p days.
    parameters.spend_mean = report.p * report.v / (report.q - 1);
    parameters.spend_weight = (report.q - 1) / report.p;
  } else {
    parameters.spend_mean = mean;
    parameters.spend_weight = kShrinkDays;
    report.notes.push_back(fmt::format("spend is the customers' mean, shrunk by {:.0f} days: {}",
                                       kShrinkDays, why_not));
  }
  return true;
}

}  // namespace segmentd::risk
