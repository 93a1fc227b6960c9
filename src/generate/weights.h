#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace segmentd::generate {

// Items with integer weights, drawn in proportion to them: a binary indexed tree. Integers, so that
// any number of changes leaves no rounding behind.
class Weights {
 public:
  explicit Weights(std::size_t items);

  // O(log items).
  void Add(std::size_t item, std::int64_t change);
  std::uint64_t total() const { return total_; }
  // The item whose span of [0, total) holds a point. O(log items). REQUIRES: point < total().
  std::size_t Find(std::uint64_t point) const;

 private:
  std::vector<std::uint64_t> sums_;  // from 1; sums_[i] covers the items (i - lowest bit of i, i]
  std::size_t top_ = 1;              // the largest power of two within
  std::uint64_t total_ = 0;
};

}  // namespace segmentd::generate
