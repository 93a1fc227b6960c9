#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace segmentd::app {

// Waits for SIGINT and SIGTERM on a thread of its own. The first is told; a second, or that the
// process has not ended within 20 s, ends it at once with 128 + the signal's number. Make it before
// any other thread: they inherit the blocked signals.
class Signals {
 public:
  explicit Signals(std::function<void()> on_first);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The signal that came first; 0: none.
  int first() const { return first_; }

 private:
  void Wait();

  const std::function<void()> on_first_;
  sigset_t set_{};
  std::atomic<int> first_{0};
  std::thread thread_;
};

}  // namespace segmentd::app
