#include "segmentd/learn/reservoir.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "segmentd/base/assert.h"
#include "segmentd/base/random.h"
#include "segmentd/learn/rows.h"

namespace segmentd::learn {
namespace {

constexpr std::uint64_t kHeldOutOf = 10;
constexpr std::uint64_t kHeldOutSeed = 0x68656c64'6f757400;

// Of two rows of one customer the one to keep, whichever came first.
bool IsNewer(const Row& a, const Row& b) {
  if (a.as_of_ms != b.as_of_ms) return a.as_of_ms > b.as_of_ms;
  if (a.segment != b.segment) return a.segment > b.segment;
  return a.record > b.record;
}

// How likely a row is to lie above a threshold, by where its priority started from.
double ChanceAbove(double start, double threshold) {
  return -std::expm1(-std::exp(start - threshold));
}

double StartOf(const Row& row, const ReservoirOptions& options) {
  return std::numbers::ln2 * static_cast<double>(row.as_of_ms) /
         static_cast<double>(options.half_life_ms);
}

}  // namespace

bool IsHeldOut(std::uint64_t customer) {
  return Random(customer ^ kHeldOutSeed).Below(kHeldOutOf) == 0;
}

Reservoir::Reservoir(const ReservoirOptions& options) : options_(options) {
  SEGMENTD_ASSERT(options_.rows_max > 0 && options_.half_life_ms > 0,
                  "a reservoir has room and a half-life");
}

void Reservoir::Best::Offer(const Shared& row, double priority, std::size_t size_max) {
  if (const auto at = rows_.find(row->customer); at != rows_.end()) {
    if (!IsNewer(*row, *at->second.first)) return;
    order_.erase({at->second.second, row->customer});
    at->second = {row, priority};
  } else {
    rows_.emplace(row->customer, std::pair(row, priority));
  }
  order_.emplace(priority, row->customer);
  if (rows_.size() <= size_max) return;
  rows_.erase(order_.begin()->second);
  order_.erase(order_.begin());
  full_ = true;
}

void Reservoir::Best::Forget(std::uint64_t customer) {
  const auto at = rows_.find(customer);
  if (at == rows_.end()) return;
  order_.erase({at->second.second, customer});
  rows_.erase(at);
}

double Reservoir::Best::threshold() const {
  return full_ && !order_.empty() ? order_.begin()->first
                                  : -std::numeric_limits<double>::infinity();
}

void Reservoir::Offer(Row row) {
  const double priority = PriorityOf(row);
  const auto held = std::make_shared<const Row>(std::move(row));
  all_.Offer(held, priority, options_.rows_max);
  if (held->segment != SegmentId{} && options_.quota > 0) {
    segments_[held->segment].Offer(held, priority, options_.quota);
  }
}

void Reservoir::Forget(std::uint64_t customer) {
  all_.Forget(customer);
  for (auto& [segment, best] : segments_) best.Forget(customer);
}

// Exponential decay of the weight and the exponential race of a weighted draw, both as logarithms:
// the order of any two rows never changes as time goes on, and nothing overflows.
double Reservoir::PriorityOf(const Row& row) const {
  const double uniform = Random(row.customer ^ options_.seed).Uniform() + 0x1.0p-54;
  return StartOf(row, options_) - std::log(-std::log(uniform));
}

// Horvitz and Thompson's: its chance to be in the sample without quotas over that with them.
double Reservoir::WeightOf(const Row& row, double priority) const {
  const auto segment = segments_.find(row.segment);
  const double without = all_.threshold();
  if (segment == segments_.end()) return 1;
  const double with = std::min(without, segment->second.threshold());
  if (with == without) return 1;
  const double start = StartOf(row, options_);
  const double chance = std::isinf(with) ? 1 : ChanceAbove(start, with);
  // Far below both thresholds either chance is 0; whatever lies above the first counts whole then.
  return chance > 0 ? ChanceAbove(start, without) / chance : (priority > without ? 1 : 0);
}

std::map<std::uint64_t, std::pair<Reservoir::Shared, double>> Reservoir::Union() const {
  std::map<std::uint64_t, std::pair<Shared, double>> rows(all_.rows().begin(), all_.rows().end());
  for (const auto& [segment, best] : segments_) {
    for (const auto& [customer, held] : best.rows()) {
      const auto [at, is_new] = rows.emplace(customer, held);
      if (!is_new && IsNewer(*held.first, *at->second.first)) at->second = held;
    }
  }
  return rows;
}

std::vector<Reservoir::Held> Reservoir::Take() const {
  std::vector<Held> held;
  for (const auto& [customer, entry] : Union()) {
    held.push_back({entry.first, WeightOf(*entry.first, entry.second)});
  }
  return held;
}

void Reservoir::Relabel(const std::vector<SegmentId>& segments) {
  const std::vector<Held> held = Take();
  SEGMENTD_ASSERT(segments.size() == held.size(), "a segment per row");
  all_ = {};
  segments_.clear();
  for (std::size_t i = 0; i < held.size(); ++i) {
    Row row = *held[i].row;
    row.segment = segments[i];
    Offer(std::move(row));
  }
}

}  // namespace segmentd::learn
