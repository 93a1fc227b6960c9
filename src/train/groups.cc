#include "groups.h"

#include <algorithm>
#include <utility>

#include "segmentd/base/assert.h"
#include "segmentd/base/random.h"

namespace segmentd::train {
namespace {

std::vector<std::uint32_t> Choose(const EventTable& table, std::vector<std::uint32_t> candidates,
                                  std::size_t customers_max, std::uint64_t seed) {
  if (candidates.size() <= customers_max) return candidates;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  order.reserve(candidates.size());
  for (const std::uint32_t customer : candidates) {
    order.emplace_back(Random(table.customer_hashes[customer] ^ seed).Next(), customer);
  }
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(customers_max);
  std::nth_element(order.begin(), end, order.end());
  candidates.clear();
  for (auto at = order.begin(); at != end; ++at) candidates.push_back(at->second);
  return candidates;
}

}  // namespace

Groups::Groups(const EventTable& table, std::size_t customers_max, std::uint64_t seed) {
  SEGMENTD_ASSERT(table.rows.size() <= UINT32_MAX, "a history has at most 2^32 events");
  std::vector<std::uint32_t> counts(table.customer_hashes.size());
  for (std::size_t i = 0; i < table.rows.size(); ++i) ++counts[table.rows[i].customer];
  for (std::uint32_t customer = 0; customer < counts.size(); ++customer) {
    if (counts[customer] > 0) customers_.push_back(customer);
  }
  candidates_ = customers_.size();
  customers_ = Choose(table, std::move(customers_), customers_max, seed);
  // Not as they came: the partitions of a topic arrive interleaved in another way each time.
  std::sort(customers_.begin(), customers_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return table.customer_hashes[a] < table.customer_hashes[b];
  });

  // Where a customer's next row goes; those not chosen have no place.
  constexpr std::size_t kNowhere = SIZE_MAX;
  std::vector<std::size_t> next(counts.size(), kNowhere);
  std::size_t total = 0;
  for (const std::uint32_t customer : customers_) {
    starts_.push_back(total);
    next[customer] = total;
    total += counts[customer];
  }
  starts_.push_back(total);
  rows_.resize(total);
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    std::size_t& place = next[table.rows[i].customer];
    if (place != kNowhere) rows_[place++] = static_cast<std::uint32_t>(i);
  }
}

}  // namespace segmentd::train
