#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "segmentd/base/assert.h"

namespace segmentd::support {

// A fresh folder that is gone when the test ends.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "segmentd-XXXXXX").string();
    SEGMENTD_ASSERT(mkdtemp(pattern.data()) != nullptr, "the temporary directory can be written");
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace segmentd::support
