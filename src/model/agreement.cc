#include "segmentd/model/agreement.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>

#include "segmentd/base/assert.h"

namespace segmentd::model {
namespace {

// How many points have each label, and each pair of labels.
struct Contingency {
  Contingency(const std::vector<int>& first, const std::vector<int>& second) {
    SEGMENTD_ASSERT(first.size() == second.size(), "two labels per point");
    for (std::size_t i = 0; i < first.size(); ++i) {
      ++of_first[first[i]];
      ++of_second[second[i]];
      ++of_both[{first[i], second[i]}];
    }
    points = static_cast<double>(first.size());
  }

  std::map<int, double> of_first;
  std::map<int, double> of_second;
  std::map<std::pair<int, int>, double> of_both;
  double points = 0;
};

template <typename Counts>
double SumOfSquares(const Counts& counts) {
  double sum = 0;
  for (const auto& [label, count] : counts) sum += count * count;
  return sum;
}

double Entropy(const std::map<int, double>& counts, double points) {
  double sum = 0;
  for (const auto& [label, count] : counts) sum -= count / points * std::log(count / points);
  return sum;
}

}  // namespace

// By pairs of points: together in both, in one alone, in none.
double AdjustedRand(const std::vector<int>& first, const std::vector<int>& second) {
  const Contingency all(first, second);
  const double both = SumOfSquares(all.of_both);
  const double in_first = SumOfSquares(all.of_first);
  const double in_second = SumOfSquares(all.of_second);
  const double together = both - all.points;
  const double first_alone = in_first - both;
  const double second_alone = in_second - both;
  const double apart = all.points * all.points - first_alone - second_alone - both;
  if (first_alone == 0 && second_alone == 0) return 1;
  return 2 * (together * apart - first_alone * second_alone) /
         ((together + first_alone) * (first_alone + apart) +
          (together + second_alone) * (second_alone + apart));
}

double MutualInformation(const std::vector<int>& first, const std::vector<int>& second) {
  const Contingency all(first, second);
  if (all.of_first.size() <= 1 && all.of_second.size() <= 1) return 1;
  double mutual = 0;
  for (const auto& [labels, count] : all.of_both) {
    mutual += count / all.points *
              std::log(count * all.points /
                       (all.of_first.at(labels.first) * all.of_second.at(labels.second)));
  }
  const double mean = (Entropy(all.of_first, all.points) + Entropy(all.of_second, all.points)) / 2;
  return mean > 0 && mutual > 0 ? mutual / mean : 0;
}

double WeakestCluster(const std::vector<int>& first, const std::vector<int>& second) {
  const Contingency all(first, second);
  std::map<int, double> kept;
  for (const auto& [labels, count] : all.of_both) kept[labels.first] += count * (count - 1);
  double weakest = 1;
  for (const auto& [label, size] : all.of_first) {
    weakest = std::min(weakest, size > 1 ? kept[label] / (size * (size - 1)) : 0);
  }
  return weakest;
}

}  // namespace segmentd::model
