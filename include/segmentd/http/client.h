#pragma once

#include <string>

#include "segmentd/base/result.h"

namespace segmentd::http {

struct Reply {
  int status = 0;
  std::string body;
};

// One GET. kRetry when nothing answers in time.
Result<Reply> Get(const std::string& host, int port, const std::string& path, int timeout_s);

}  // namespace segmentd::http
