#include "app/wait.h"

#include <condition_variable>
#include <mutex>

namespace segmentd::app {

void WaitFor(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace segmentd::app
