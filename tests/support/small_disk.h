#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "support/temp_dir.h"

namespace segmentd::support {

// A file system in memory that is soon full, seen by this process alone and gone with it. Where
// mounting is not permitted: why_not.
class SmallDisk {
 public:
  explicit SmallDisk(std::int64_t bytes) {
    const std::string size = "size=" + std::to_string(bytes);
    const bool mounted = unshare(CLONE_NEWNS) == 0 &&
                         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         mount("tmpfs", path().c_str(), "tmpfs", 0, size.c_str()) == 0;
    if (!mounted)
      why_not_ =
          std::string("no small disk can be mounted, which takes root: ") + std::strerror(errno);
  }
  ~SmallDisk() {
    if (why_not_.empty()) umount2(path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return dir_.path(); }
  const std::string& why_not() const { return why_not_; }

 private:
  TempDir dir_;
  std::string why_not_;
};

}  // namespace segmentd::support
