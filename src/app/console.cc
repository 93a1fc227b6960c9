#include "app/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/exit_code.h"

namespace segmentd::app {
namespace {

constexpr int kBarWidth = 30;
constexpr std::chrono::milliseconds kBarInterval{100};

}  // namespace

void Say(std::string_view line) { fmt::print(stderr, "{}\n", line); }

int Complain(const Error& error) {
  fmt::print(stderr, "segmentd: {}\n", error.message);
  return ExitCode(error.code);
}

bool Print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

ProgressBar::ProgressBar() : terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressBar::Show(std::string_view step, double share) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now < next_) return;
  next_ = now + kBarInterval;
  shown_ = true;
  const double done = std::clamp(share, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(done * kBarWidth);
  fmt::print(stderr, "\r\x1b[K[{}{}] {:3.0f} %  {}", std::string(filled, '#'),
             std::string(kBarWidth - filled, '.'), done * 100, step);
  std::fflush(stderr);
}

}  // namespace segmentd::app
