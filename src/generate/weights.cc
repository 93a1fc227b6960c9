#include "weights.h"

#include "segmentd/base/assert.h"

namespace segmentd::generate {

Weights::Weights(std::size_t items) : sums_(items + 1) {
  while (top_ * 2 <= items) top_ *= 2;
}

void Weights::Add(std::size_t item, std::int64_t change) {
  // Unsigned wrap-around makes the addition of a negative change a subtraction.
  const auto delta = static_cast<std::uint64_t>(change);
  total_ += delta;
  for (std::size_t i = item + 1; i < sums_.size(); i += i & (~i + 1)) sums_[i] += delta;
}

std::size_t Weights::Find(std::uint64_t point) const {
  SEGMENTD_ASSERT(point < total_, "a draw lies within the total weight");
  std::size_t before = 0;
  for (std::size_t step = top_; step > 0; step /= 2) {
    const std::size_t next = before + step;
    if (next < sums_.size() && sums_[next] <= point) {
      before = next;
      point -= sums_[next];
    }
  }
  return before;
}

}  // namespace segmentd::generate
