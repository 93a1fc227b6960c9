#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "segmentd/pipeline/deadlines.h"
#include "segmentd/ports/store.h"

namespace segmentd::runtime {

// The armed timers of one partition: those that the store has, and what came and went since its
// last write. Knows the next one without asking the store. One thread.
//
//   Arm -> armed -> Stored() -> in the store -> Take -> taken -> Stored() -> gone
class TimerIndex {
 public:
  // Begins with what the store has.
  Status Open(ports::StateStore& store);
  // Forgets everything.
  void Clear() { *this = TimerIndex(); }

  void Arm(std::int64_t deadline_ms, std::string_view customer_id);
  // No timer's deadline is earlier, and mostly one is then; kNever when no timer is armed.
  std::int64_t next_ms() const;
  // Takes the first timers until an instant, at most timers_max, and of them the first of each
  // customer, ascending by customer: whoever fires it arms what the customer then waits for.
  Status Take(ports::StateStore& store, std::int64_t until_ms, std::size_t timers_max,
              std::vector<ports::Timer>& due);

  // What the next store write takes: deletions, then insertions, both ascending.
  struct Changes {
    std::span<const ports::Timer> armed;
    std::span<const ports::Timer> taken;
  };
  Changes Unstored();
  // The store has them. Reads nothing yet.
  void Stored(ports::StateStore& store);
  // How many are armed, about.
  std::int64_t size() const;
  std::int64_t unstored() const { return static_cast<std::int64_t>(armed_.size() + taken_.size()); }
  std::int64_t unstored_bytes() const;

 private:
  Status ReadAhead(ports::StateStore& store);
  void PopArmed(ports::Timer& timer);

  std::vector<ports::Timer> armed_;  // a heap, the first deadline on top
  std::vector<ports::Timer> taken_;
  std::vector<ports::Timer> ahead_;  // read from the store, and from next_ on not taken
  std::size_t next_ = 0;
  ports::Timer unread_{INT64_MIN, {}};  // the rest of the store begins here
  bool more_ = false;                   // ... if there is any
  std::int64_t stored_ = 0;
};

}  // namespace segmentd::runtime
