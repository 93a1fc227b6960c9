#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "segmentd/learn/rows.h"
#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// How far one distribution is from its reference, beside what chance alone gives of it.
struct Shift {
  double psi = 0;    // population stability index
  double floor = 0;  // chance stays below this in 999 of 1,000 cases, by the sizes of both samples
  bool noticed = false;  // above 0.1 and the floor
  bool drifted = false;  // above 0.25 and one and a half times the floor
};

struct DriftReport {
  std::vector<Shift> features;  // as the bundle's; none when it has no reference
  Shift shares;                 // of the segments
  Shift errors;                 // of reconstruction
  double drifted_weight = 0;    // share of the features' weight that has drifted
  bool alarm = false;           // a fifth of that weight, or the segments' shares
  std::string reason;           // of the alarm, for a person
};

// Recent rows against those that the model was made from.
DriftReport MeasureDrift(const model::Bundle& bundle, const Rows& recent);

// The index of weighted counts (two more than edges, as a Histogram's shares) against a reference
// of so many rows. Half a row is added to each.
Shift MeasureShift(const model::Histogram& reference, double reference_rows,
                   const std::vector<double>& counts);

// Deciles of the values that are not missing, equal ones taken together: what many values are is a
// bin of its own. Weights: one per value.
model::Histogram MakeHistogram(const std::vector<double>& values,
                               const std::vector<double>& weights);
// How much weight falls into each bin.
std::vector<double> CountInto(const model::Histogram& histogram, const std::vector<double>& values,
                              const std::vector<double>& weights);

// Adaptive windowing (Bifet and Gavalda 2007): watches the mean of a stream of numbers within 0..1,
// and forgets what came before it changed. Memory is the logarithm of the window. One thread.
class Adwin {
 public:
  explicit Adwin(double delta = 0.002) : delta_(delta) {}

  // Whether the mean was found to have risen; a fall is followed without a word. Looked for at
  // every 32nd number.
  bool Add(double value);
  double mean() const { return count_ > 0 ? sum_ / count_ : 0; }
  std::uint64_t size() const { return static_cast<std::uint64_t>(count_); }

 private:
  // Of 2^level numbers.
  struct Bucket {
    double sum = 0;
    double square = 0;  // of the distances to its mean
  };

  void Compress();
  bool DropOldest();
  bool Differ() const;

  double delta_;
  std::vector<std::deque<Bucket>> levels_;  // oldest first in each; the last level is the oldest
  double count_ = 0;
  double sum_ = 0;
  double square_ = 0;
  std::uint64_t seen_ = 0;
};

}  // namespace segmentd::learn
