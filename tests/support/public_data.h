#pragma once

#include <cstdlib>
#include <string>

namespace segmentd {

// Public data sets, which are not part of the project. A test that wants one which is not there
// skips itself with this.
inline constexpr const char* kDataAbsent =
    "the public data set is not there: set SEGMENTD_DATA to the folder that holds it";

inline std::string PathOfData(const std::string& name) {
  const char* folder = std::getenv("SEGMENTD_DATA");
  return std::string(folder == nullptr ? SEGMENTD_DATA_DEFAULT : folder) + "/" + name;
}

}  // namespace segmentd
