#include "segmentd/runtime/timer_index.h"

#include <algorithm>
#include <tuple>

namespace segmentd::runtime {
namespace {

constexpr std::size_t kReadAhead = 512;

// Beside its characters, which mostly fit into it.
constexpr std::int64_t kTimerBytes = sizeof(ports::Timer) + 16;

}  // namespace

Status TimerIndex::Open(ports::StateStore& store) {
  Clear();
  more_ = true;
  stored_ = store.CountTimers();
  return ReadAhead(store);
}

void TimerIndex::Arm(std::int64_t deadline_ms, std::string_view customer_id) {
  armed_.push_back({deadline_ms, std::string(customer_id)});
  std::push_heap(armed_.begin(), armed_.end(), std::greater<>());
}

std::int64_t TimerIndex::next_ms() const {
  std::int64_t next_ms = armed_.empty() ? pipeline::kNever : armed_.front().deadline_ms;
  if (next_ < ahead_.size()) {
    next_ms = std::min(next_ms, ahead_[next_].deadline_ms);
  } else if (more_) {
    next_ms = std::min(next_ms, unread_.deadline_ms);
  }
  return next_ms;
}

Status TimerIndex::Take(ports::StateStore& store, std::int64_t until_ms, std::size_t timers_max,
                        std::vector<ports::Timer>& due) {
  due.clear();
  while (due.size() < timers_max && next_ms() <= until_ms) {
    if (next_ == ahead_.size() && more_) {
      SEGMENTD_RETURN_IF_ERROR(ReadAhead(store));
      continue;
    }
    const bool from_store =
        next_ < ahead_.size() && (armed_.empty() || ahead_[next_] <= armed_.front());
    if (from_store) {
      taken_.push_back(ahead_[next_]);
      due.push_back(std::move(ahead_[next_++]));
      if (next_ == ahead_.size()) SEGMENTD_RETURN_IF_ERROR(ReadAhead(store));
    } else {
      PopArmed(due.emplace_back());
    }
  }
  std::sort(due.begin(), due.end(), [](const ports::Timer& a, const ports::Timer& b) {
    return std::tie(a.customer_id, a.deadline_ms) < std::tie(b.customer_id, b.deadline_ms);
  });
  const auto same = [](const ports::Timer& a, const ports::Timer& b) {
    return a.customer_id == b.customer_id;
  };
  due.erase(std::unique(due.begin(), due.end(), same), due.end());
  return Ok();
}

void TimerIndex::PopArmed(ports::Timer& timer) {
  std::pop_heap(armed_.begin(), armed_.end(), std::greater<>());
  timer = std::move(armed_.back());
  armed_.pop_back();
}

Status TimerIndex::ReadAhead(ports::StateStore& store) {
  ahead_.clear();
  next_ = 0;
  if (!more_) return Ok();
  SEGMENTD_RETURN_IF_ERROR(store.ReadTimers(unread_, kReadAhead, ahead_));
  more_ = ahead_.size() == kReadAhead;
  // The least key behind the last one.
  if (more_) unread_ = {ahead_.back().deadline_ms, ahead_.back().customer_id + '\0'};
  return Ok();
}

TimerIndex::Changes TimerIndex::Unstored() {
  // Sorted, it is a heap still.
  std::sort(armed_.begin(), armed_.end());
  armed_.erase(std::unique(armed_.begin(), armed_.end()), armed_.end());
  // Taken in order, but for those that were armed again before what was taken already.
  std::sort(taken_.begin(), taken_.end());
  return {armed_, taken_};
}

// Goes on at the first that is left: what was taken has left tombstones, which reading must not
// pass over again.
void TimerIndex::Stored(ports::StateStore& store) {
  const bool rest = next_ < ahead_.size() || more_;
  if (next_ < ahead_.size()) unread_ = ahead_[next_];
  if (!armed_.empty()) unread_ = rest ? std::min(unread_, armed_.front()) : armed_.front();
  more_ = rest || !armed_.empty();
  armed_.clear();
  taken_.clear();
  ahead_.clear();
  next_ = 0;
  stored_ = store.CountTimers();
}

std::int64_t TimerIndex::size() const {
  return std::max<std::int64_t>(
      stored_ + static_cast<std::int64_t>(armed_.size()) - static_cast<std::int64_t>(taken_.size()),
      0);
}

std::int64_t TimerIndex::unstored_bytes() const {
  return static_cast<std::int64_t>(armed_.size() + taken_.size()) * kTimerBytes;
}

}  // namespace segmentd::runtime
