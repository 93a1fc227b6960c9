#include "batch.h"

#include <bit>

#include "segmentd/base/hash.h"

namespace segmentd::pipeline {

Batch::Batch() : body_(std::make_unique<Body>()) {}
Batch::~Batch() = default;

std::span<const std::string_view> Batch::customers() const { return body_->customers; }

void Batch::Body::Start(std::span<const event::RawRecord> from) {
  records = from;
  partition = from.empty() ? Partition{} : from.front().partition;
  items.clear();
  firings.clear();
  samples.clear();
  customers.clear();
  table_.assign(std::bit_ceil(2 * from.size() + 2), 0);
}

std::uint32_t Batch::Body::Customer(std::string_view id) {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = Hash64(id) & mask;; at = (at + 1) & mask) {
    if (table_[at] == 0) {
      customers.push_back(id);
      table_[at] = static_cast<std::uint32_t>(customers.size());
    }
    const std::uint32_t index = table_[at] - 1;
    if (customers[index] == id) return index;
  }
}

}  // namespace segmentd::pipeline
