#pragma once

#include <chrono>
#include <stop_token>

namespace segmentd::app {

// Returns after that time, or at once when asked to stop.
void WaitFor(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace segmentd::app
