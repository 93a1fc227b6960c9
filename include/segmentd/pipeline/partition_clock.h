#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segmentd::pipeline {

// A partition's last change of model, and how far its customers have followed it. A customer
// follows once, before anything else happens to it: so what comes of it does not depend on when the
// sweep over all of them arrives.
struct ModelSwitch {
  std::uint64_t number = 0;           // counts the partition's changes; 0: there was none
  std::int64_t clock_ms = INT64_MIN;  // where its clock stood; what was due by then had fired
  // Customers from this id on have yet to follow; nothing: all have.
  std::optional<std::string> sweep_from;

  bool operator==(const ModelSwitch&) const = default;
  // Whether a customer has followed; `followed` as its state has it.
  bool Followed(std::string_view customer_id, std::uint64_t followed) const {
    return !sweep_from || customer_id < *sweep_from || followed == number;
  }
};

// The event-time clock of one partition: newest accepted event time minus out-of-orderness.
struct PartitionClock {
  std::int64_t clock_ms = INT64_MIN;  // nothing accepted yet
  // Up to here every timer has fired. Spares looking again, and changes no output: what fired
  // without an effect may fire again.
  std::int64_t fired_ms = INT64_MIN;
  ModelSwitch model_switch;
};

}  // namespace segmentd::pipeline
