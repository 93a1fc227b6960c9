#include "segmentd/base/result.h"

#include <cstdio>
#include <cstdlib>

#include "segmentd/base/assert.h"

namespace segmentd {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kBadRecord:
      return "bad_record";
    case Code::kRetry:
      return "retry";
    case Code::kAbort:
      return "abort";
    case Code::kFenced:
      return "fenced";
    case Code::kStorage:
      return "storage";
    case Code::kCorruption:
      return "corruption";
    case Code::kNewer:
      return "newer";
    case Code::kConfig:
      return "config";
    case Code::kNotFound:
      return "not_found";
    case Code::kCancelled:
      return "cancelled";
    case Code::kFatal:
      return "fatal";
  }
  return "fatal";
}

void AssertFailed(const char* condition, const char* file, int line, const char* message) {
  std::fprintf(stderr, "%s:%d: %s (%s)\n", file, line, message, condition);
  std::abort();
}

}  // namespace segmentd
