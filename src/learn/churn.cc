#include "segmentd/learn/churn.h"

#include <algorithm>
#include <cmath>

namespace segmentd::learn {
namespace {

// A weight wanders by the root of this from label to label: some 30,000 are remembered.
constexpr double kWander = 1e-8;
constexpr std::size_t kIdle = 2;  // of the terms

double Clamped(double probability) { return std::clamp(probability, 1e-4, 1 - 1e-4); }

double Logarithm(double value) { return std::log1p(std::max(0.0, value)); }

}  // namespace

// Logarithms run up to eight or so; divided, all terms are of one size.
ChurnLearner::Terms ChurnLearner::TermsOf(const ChurnRow& row) {
  const double p = Clamped(row.active_probability);
  return {1,
          std::log(p / (1 - p)),
          Logarithm(row.idle_days) / 4,
          Logarithm(row.frequency) / 2,
          Logarithm(row.age_weeks) / 4,
          row.frequency > 0 ? 0.0 : 1.0};
}

double ChurnLearner::Regression(const ChurnRow& row) const {
  const Terms terms = TermsOf(row);
  double sum = 0;
  for (std::size_t i = 0; i < kTerms; ++i) sum += weights_[i] * terms[i];
  return 1 / (1 + std::exp(-sum));
}

ChurnLearner::ChurnLearner() {
  for (std::size_t i = 0; i < kTerms; ++i) covariance_[i][i] = 1;
}

// A step of an extended Kalman filter: what is known of the weights is a normal distribution, of
// which one label takes away along its terms.
void ChurnLearner::Learn(const ChurnRow& row, bool bought) {
  const double label = bought ? 1 : 0;
  const double score = Regression(row);
  ++labels_;
  probability_squares_ += std::pow(row.active_probability - label, 2);
  regression_squares_ += std::pow(score - label, 2);
  const Terms terms = TermsOf(row);
  Terms gain = {};
  double spread = 0;
  for (std::size_t i = 0; i < kTerms; ++i) {
    for (std::size_t j = 0; j < kTerms; ++j) gain[i] += covariance_[i][j] * terms[j];
    spread += gain[i] * terms[i];
  }
  const double variance = score * (1 - score);
  const double share = 1 / (1 + variance * spread);
  for (std::size_t i = 0; i < kTerms; ++i) {
    for (std::size_t j = 0; j < kTerms; ++j) {
      covariance_[i][j] -= variance * share * gain[i] * gain[j];
    }
    covariance_[i][i] += kWander;
    weights_[i] += share * gain[i] * (label - score);
  }
  weights_[kIdle] = std::min(weights_[kIdle], 0.0);
  weights_[1] = std::max(weights_[1], 0.0);  // the probability falls with silence too
}

double ChurnLearner::probability_brier() const {
  return labels_ > 0 ? probability_squares_ / static_cast<double>(labels_) : 0;
}

double ChurnLearner::regression_brier() const {
  return labels_ > 0 ? regression_squares_ / static_cast<double>(labels_) : 0;
}

}  // namespace segmentd::learn
