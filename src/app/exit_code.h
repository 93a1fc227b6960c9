#pragma once

#include "segmentd/base/result.h"

namespace segmentd::app {

// The documented exit codes; 130 and 143 are 128 + the signal.
inline constexpr int kExitOk = 0;
inline constexpr int kExitRuntime = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitDifferences = 3;
inline constexpr int kExitStorage = 74;   // EX_IOERR
inline constexpr int kExitTryAgain = 75;  // EX_TEMPFAIL
inline constexpr int kExitConfig = 78;    // EX_CONFIG

constexpr int ExitCode(Code code) {
  switch (code) {
    case Code::kConfig:
      return kExitConfig;
    case Code::kStorage:
    case Code::kCorruption:
    case Code::kNewer:
      return kExitStorage;
    case Code::kRetry:
      return kExitTryAgain;
    case Code::kBadRecord:
    case Code::kAbort:
    case Code::kFenced:
    case Code::kNotFound:
    case Code::kCancelled:
    case Code::kFatal:
      break;
  }
  return kExitRuntime;
}

}  // namespace segmentd::app
