#pragma once

#include <string>

#include "segmentd/base/result.h"

namespace segmentd::rocks {

// Holds `<dir>/LOCK` for this process; the kernel lets go of it when the process ends, however it
// ends. The file holds the owner's process id, for the message of whoever comes second.
class ProcessLock {
 public:
  // kStorage: another process holds it (named in the message), or the file cannot be made.
  static Result<ProcessLock> Take(const std::string& dir);

  ProcessLock(ProcessLock&& other) noexcept;
  ProcessLock& operator=(ProcessLock&&) = delete;
  ~ProcessLock();

 private:
  explicit ProcessLock(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace segmentd::rocks
