#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "segmentd/pipeline/customer.h"
#include "segmentd/ports/store.h"

namespace segmentd::runtime {

// How many customers of a partition are in each segment: counted on as they move, from what was
// committed. Nothing where that does not tell.
class MemberCount {
 public:
  void Start(std::optional<ports::Members> committed) { members_ = std::move(committed); }

  // The customers of a batch, before anything becomes of them; and the i-th of them thereafter.
  void Before(std::span<const pipeline::Customer> customers) {
    before_.clear();
    for (const pipeline::Customer& customer : customers) {
      before_.push_back(customer.segment.current);
    }
  }
  void After(std::size_t i, const pipeline::Customer& customer) {
    const SegmentId from = before_[i];
    const SegmentId to = customer.segment.current;
    if (from == to || !members_) return;
    if (to != SegmentId{}) ++(*members_)[to];
    const auto left = members_->find(from);
    if (left != members_->end() && --left->second == 0) members_->erase(left);
  }

  const std::optional<ports::Members>& members() const { return members_; }

 private:
  std::optional<ports::Members> members_;
  std::vector<SegmentId> before_;
};

}  // namespace segmentd::runtime
