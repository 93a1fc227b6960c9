#include "app/signals.h"

#include <pthread.h>
#include <unistd.h>

#include "segmentd/base/assert.h"

namespace segmentd::app {

Signals::Signals(std::function<void()> on_first) : on_first_(std::move(on_first)) {
  sigemptyset(&set_);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&set_, signal);
  SEGMENTD_ASSERT(pthread_sigmask(SIG_BLOCK, &set_, nullptr) == 0, "signals can be blocked");
  // A reader of a socket or pipe that went away is an error of the write, not the end.
  std::signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([this] { Wait(); });
}

Signals::~Signals() {
  pthread_kill(thread_.native_handle(), SIGUSR1);  // which Wait takes for its own end
  thread_.join();
}

void Signals::Wait() {
  for (int signal = 0; sigwait(&set_, &signal) == 0;) {
    if (signal == SIGUSR1) return;
    if (first_ != 0) ::_exit(128 + signal);
    first_ = signal;
    on_first_();
  }
}

}  // namespace segmentd::app
