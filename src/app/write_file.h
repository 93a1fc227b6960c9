#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "segmentd/base/result.h"

namespace segmentd::app {

// A file that takes its name when all of it is there: readers and crashes see the old bytes or the
// new, never a part. Removed unless committed. Errors: kStorage.
class AtomicFile {
 public:
  static Result<AtomicFile> Open(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status Write(std::string_view bytes);
  Status Commit();

 private:
  AtomicFile(std::string path, std::string beside, int file)
      : path_(std::move(path)), beside_(std::move(beside)), file_(file) {}
  Status Failed() const;

  std::string path_;
  std::string beside_;
  int file_;  // -1: committed, or moved from
};

Status WriteFileAtomically(const std::string& path, std::string_view bytes);

}  // namespace segmentd::app
