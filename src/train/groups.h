#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "history.h"

namespace segmentd::train {

// Events side by side by customer, each customer's in the order of their arrival.
class Groups {
 public:
  // The customers with events, at most `customers_max` of them, chosen by hash and seed.
  Groups(const EventTable& table, std::size_t customers_max, std::uint64_t seed);

  std::size_t size() const { return customers_.size(); }
  // Customers with events, chosen or not.
  std::size_t candidates() const { return candidates_; }
  // In the order of their first appearance in the table.
  std::uint32_t customer(std::size_t group) const { return customers_[group]; }
  // Places in EventTable::rows.
  std::span<const std::uint32_t> rows(std::size_t group) const {
    return {rows_.data() + starts_[group], starts_[group + 1] - starts_[group]};
  }

 private:
  std::vector<std::uint32_t> customers_;
  std::vector<std::size_t> starts_;
  std::vector<std::uint32_t> rows_;
  std::size_t candidates_ = 0;
};

}  // namespace segmentd::train
