#include <algorithm>
#include <cmath>

#include "segmentd/learn/drift.h"

namespace segmentd::learn {
namespace {

constexpr std::size_t kBucketsPerLevel = 5;
constexpr std::uint64_t kCheckEvery = 32;
constexpr double kSideMin = 5;  // numbers on either side of a cut

// Squares about the mean of two sets taken together.
double Joined(double square_a, double sum_a, double count_a, double square_b, double sum_b,
              double count_b) {
  const double off = sum_a / count_a - sum_b / count_b;
  return square_a + square_b + off * off * count_a * count_b / (count_a + count_b);
}

}  // namespace

bool Adwin::Add(double value) {
  if (levels_.empty()) levels_.emplace_back();
  levels_[0].push_back({value, 0});
  square_ = count_ > 0 ? Joined(square_, sum_, count_, 0, value, 1) : 0;
  sum_ += value;
  count_ += 1;
  Compress();
  if (++seen_ % kCheckEvery != 0) return false;
  const double before = mean();
  bool changed = false;
  while (Differ() && DropOldest()) changed = true;
  return changed && mean() > before;
}

void Adwin::Compress() {
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    if (levels_[level].size() <= kBucketsPerLevel) return;
    const double size = std::ldexp(1, static_cast<int>(level));
    const Bucket first = levels_[level][0];
    const Bucket second = levels_[level][1];
    levels_[level].erase(levels_[level].begin(), levels_[level].begin() + 2);
    if (level + 1 == levels_.size()) levels_.emplace_back();
    levels_[level + 1].push_back({first.sum + second.sum, Joined(first.square, first.sum, size,
                                                                 second.square, second.sum, size)});
  }
}

bool Adwin::DropOldest() {
  const double size = std::ldexp(1, static_cast<int>(levels_.size()) - 1);
  if (count_ <= size) return false;
  const Bucket gone = levels_.back().front();
  levels_.back().pop_front();
  while (!levels_.empty() && levels_.back().empty()) levels_.pop_back();
  sum_ -= gone.sum;
  count_ -= size;
  const double off = gone.sum / size - sum_ / count_;
  square_ = std::max(0.0, square_ - gone.square - off * off * size * count_ / (size + count_));
  return true;
}

// Whether some cut of the window has means on its sides that chance does not give.
bool Adwin::Differ() const {
  double old_count = 0;
  double old_sum = 0;
  const double variance = square_ / count_;
  const double confidence = std::log(2 * std::log(count_) / delta_);
  for (std::size_t level = levels_.size(); level-- > 0;) {
    for (const Bucket& bucket : levels_[level]) {
      old_count += std::ldexp(1, static_cast<int>(level));
      old_sum += bucket.sum;
      const double new_count = count_ - old_count;
      if (old_count < kSideMin) continue;
      if (new_count < kSideMin) return false;
      const double harmonic = 1 / old_count + 1 / new_count;
      const double bound =
          std::sqrt(2 * harmonic * variance * confidence) + 2.0 / 3 * harmonic * confidence;
      if (std::abs(old_sum / old_count - (sum_ - old_sum) / new_count) > bound) return true;
    }
  }
  return false;
}

}  // namespace segmentd::learn
