#pragma once

#include <cstdint>

namespace segmentd::runtime {

// How long a loop over Kafka waits: while there is nothing to do, after a call that has to be made
// again, and between its reports.
inline constexpr std::int64_t kIdleWaitMs = 200;
inline constexpr std::int64_t kRetryWaitMs = 100;
inline constexpr std::int64_t kReportMs = 1000;

}  // namespace segmentd::runtime
