#pragma once

#include <array>
#include <cstdint>

namespace segmentd::learn {

// What was known of a customer when a label was waited for.
struct ChurnRow {
  double active_probability =
      0;  // that another purchase comes within the horizon, by the parameters
  double idle_days = 0;
  double frequency = 0;
  double age_weeks = 0;
};

// Learns from labels that come a horizon late whether customers bought again: a logistic regression
// on top of the probability of the parameters, which it has to beat before it is used. Longer
// silence never raises its score. Labels are scored before they are learned from, so that both
// Brier scores are of customers not seen yet. One thread.
class ChurnLearner {
 public:
  static constexpr std::uint64_t kLabelsMin = 2'000;

  ChurnLearner();

  void Learn(const ChurnRow& row, bool bought);

  // The better one's: the plain probability until enough labels say otherwise.
  double Score(const ChurnRow& row) const {
    return is_champion() ? Regression(row) : row.active_probability;
  }
  double Regression(const ChurnRow& row) const;
  bool is_champion() const {
    return labels_ >= kLabelsMin && regression_brier() < probability_brier();
  }
  std::uint64_t labels() const { return labels_; }
  double probability_brier() const;
  double regression_brier() const;

 private:
  static constexpr std::size_t kTerms = 6;
  using Terms = std::array<double, kTerms>;
  static Terms TermsOf(const ChurnRow& row);

  // Starts as the plain probability: its logit counts once, all else not.
  Terms weights_ = {0, 1, 0, 0, 0, 0};
  std::array<Terms, kTerms> covariance_ = {};  // of what is known of the weights
  std::uint64_t labels_ = 0;
  double probability_squares_ = 0;
  double regression_squares_ = 0;
};

}  // namespace segmentd::learn
