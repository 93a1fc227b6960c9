#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "segmentd/base/result.h"

namespace segmentd::app {

// Words for a person: one line on stderr, "segmentd: " in front of errors.
void Say(std::string_view line);
// Says what went wrong and returns the exit code for it.
int Complain(const Error& error);

// Data for a program: stdout. False when nobody reads it any more.
bool Print(std::string_view text);

// One line on stderr that is written over, at most ten times a second; nothing where stderr is no
// terminal. Gone when destroyed.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // share: 0..1
  void Show(std::string_view step, double share);

 private:
  const bool terminal_;
  std::chrono::steady_clock::time_point next_;
  bool shown_ = false;
};

}  // namespace segmentd::app
