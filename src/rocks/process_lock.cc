#include "rocks/process_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace segmentd::rocks {
namespace {

std::string Holder(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "of unknown id" : pid;
}

bool WritePid(int fd) {
  const std::string pid = fmt::format("{}\n", getpid());
  return ftruncate(fd, 0) == 0 &&
         pwrite(fd, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
}

}  // namespace

Result<ProcessLock> ProcessLock::Take(const std::string& dir) {
  const std::string path = dir + "/LOCK";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return Fail(Code::kStorage, "cannot open {}: {}: check state.dir and its rights", path,
                std::strerror(errno));
  }
  ProcessLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return Fail(Code::kStorage, "cannot lock {}: {}", path, std::strerror(errno));
    }
    return Fail(Code::kStorage,
                "the state directory {} is in use by process {}: stop it, or set another state.dir",
                dir, Holder(fd));
  }
  if (!WritePid(fd)) {
    return Fail(Code::kStorage, "cannot write {}: {}", path, std::strerror(errno));
  }
  return lock;
}

ProcessLock::ProcessLock(ProcessLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

ProcessLock::~ProcessLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace segmentd::rocks
