#include "segmentd/learn/drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "segmentd/learn/placing.h"

namespace segmentd::learn {
namespace {

constexpr int kBins = 10;
constexpr double kNoticed = 0.1;
constexpr double kDrifted = 0.25;
constexpr double kOverFloor = 1.5;
constexpr double kAlarmWeight = 0.2;

// The 99.9th percentile of chi squared, by Wilson and Hilferty: within 1 % from one degree on.
double ChiSquared999(double degrees) {
  constexpr double kNormal = 3.090232306167813;
  const double spread = 2 / (9 * degrees);
  return degrees * std::pow(1 - spread + kNormal * std::sqrt(spread), 3);
}

std::size_t BinOf(const model::Histogram& histogram, double value) {
  if (!std::isfinite(value)) return histogram.edges.size() + 1;
  return static_cast<std::size_t>(
      std::lower_bound(histogram.edges.begin(), histogram.edges.end(), value) -
      histogram.edges.begin());
}

std::vector<double> Column(const model::RawMatrix& values, Eigen::Index row) {
  const Eigen::RowVectorXd column = values.row(row);
  return {column.begin(), column.end()};
}

}  // namespace

model::Histogram MakeHistogram(const std::vector<double>& values,
                               const std::vector<double>& weights) {
  std::vector<std::size_t> order;
  double known = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    order.push_back(i);
    known += weights[i];
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
  model::Histogram histogram;
  double below = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    below += weights[order[i]];
    const auto bins = static_cast<double>(histogram.edges.size() + 1);
    const bool last_of_equals = i + 1 == order.size() || values[order[i + 1]] > values[order[i]];
    if (!last_of_equals || i + 1 == order.size()) continue;
    // Past the next decile: an edge behind the values that are equal to this one.
    if (bins < kBins && below >= known * bins / kBins) {
      histogram.edges.push_back(values[order[i]]);
      below = std::max(below, known * bins / kBins);
    }
  }
  histogram.shares = CountInto(histogram, values, weights);
  const double all = std::accumulate(histogram.shares.begin(), histogram.shares.end(), 0.0);
  for (double& share : histogram.shares) share = all > 0 ? share / all : 0;
  return histogram;
}

std::vector<double> CountInto(const model::Histogram& histogram, const std::vector<double>& values,
                              const std::vector<double>& weights) {
  std::vector<double> counts(histogram.edges.size() + 2);
  for (std::size_t i = 0; i < values.size(); ++i) counts[BinOf(histogram, values[i])] += weights[i];
  return counts;
}

Shift MeasureShift(const model::Histogram& reference, double reference_rows,
                   const std::vector<double>& counts) {
  const auto bins = static_cast<double>(counts.size());
  const double rows = std::accumulate(counts.begin(), counts.end(), 0.0);
  Shift shift;
  if (rows <= 0 || reference_rows <= 0) return shift;
  double used = 0;  // bins that either sample has something in
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double before = reference.shares[i] * reference_rows;
    if (before == 0 && counts[i] == 0) continue;
    used += 1;
    const double p = (before + 0.5) / (reference_rows + 0.5 * bins);
    const double q = (counts[i] + 0.5) / (rows + 0.5 * bins);
    shift.psi += (q - p) * std::log(q / p);
  }
  shift.floor = ChiSquared999(std::max(1.0, used - 1)) * (1 / rows + 1 / reference_rows);
  shift.noticed = shift.psi > std::max(kNoticed, shift.floor);
  shift.drifted = shift.psi > std::max(kDrifted, kOverFloor * shift.floor);
  return shift;
}

DriftReport MeasureDrift(const model::Bundle& bundle, const Rows& recent) {
  DriftReport report;
  const model::Reference& reference = bundle.reference;
  if (reference.features.empty() || recent.size() == 0 ||
      bundle.features != recent.schema.features) {
    return report;
  }
  double weight = 0;
  std::size_t farthest = 0;
  for (std::size_t i = 0; i < reference.features.size(); ++i) {
    const std::vector<double> values = Column(recent.values, static_cast<Eigen::Index>(i));
    const model::Histogram& histogram = reference.features[i];
    report.features.push_back(
        MeasureShift(histogram, reference.rows, CountInto(histogram, values, recent.weights)));
    const model::ScalerRow& row = bundle.scaler.rows[i];
    const double squared = row.constant ? 0 : double{row.weight} * double{row.weight};
    weight += squared;
    if (report.features[i].drifted) report.drifted_weight += squared;
    if (report.features[i].psi > report.features[farthest].psi) farthest = i;
  }
  if (weight > 0) report.drifted_weight /= weight;

  const Placed placed = Place(bundle, recent);
  model::Histogram shares;
  for (const model::Segment& segment : bundle.segments) shares.shares.push_back(segment.share);
  std::vector<double> counts(bundle.segments.size());
  for (std::size_t i = 0; i < placed.labels.size(); ++i) {
    counts[static_cast<std::size_t>(placed.labels[i])] += recent.weights[i];
  }
  report.shares = MeasureShift(shares, reference.rows, counts);
  if (placed.errors.size() > 0) {
    const std::vector<double> errors(placed.errors.begin(), placed.errors.end());
    report.errors = MeasureShift(reference.errors, reference.rows,
                                 CountInto(reference.errors, errors, recent.weights));
  }
  if (report.drifted_weight >= kAlarmWeight) {
    report.reason = fmt::format(
        "{:.0f} % of the features' weight has drifted, {} farthest (PSI {:.2f})",
        100 * report.drifted_weight, bundle.features[farthest], report.features[farthest].psi);
  } else if (report.shares.drifted) {
    report.reason =
        fmt::format("the segments' shares have shifted (PSI {:.2f})", report.shares.psi);
  }
  report.alarm = !report.reason.empty();
  return report;
}

}  // namespace segmentd::learn
