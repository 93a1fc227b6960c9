#include "app/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string_view>

#include "segmentd/base/assert.h"

namespace segmentd::app {
namespace {

constexpr std::time_t kStopSeconds = 20;

[[noreturn]] void EndAtOnce(int signal, std::string_view words) {
  static_cast<void>(!write(STDERR_FILENO, words.data(), words.size()));
  ::_exit(128 + signal);
}

}  // namespace

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
  while (true) {
    const timespec limit{kStopSeconds, 0};
    const int signal =
        first_ == 0 ? sigwaitinfo(&set_, nullptr) : sigtimedwait(&set_, nullptr, &limit);
    if (signal < 0 && errno == EINTR) continue;
    if (signal == SIGUSR1) return;
    // What is not committed is done again by whoever comes next: to end at once is safe.
    if (signal < 0) EndAtOnce(first_, "segmentd: did not stop within 20 s; ending at once\n");
    if (first_ != 0) EndAtOnce(signal, "segmentd: second signal; ending at once\n");
    first_ = signal;
    on_first_();
  }
}

}  // namespace segmentd::app
