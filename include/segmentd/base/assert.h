#pragma once

namespace segmentd {

// Prints the condition and its place on stderr and aborts.
[[noreturn]] void AssertFailed(const char* condition, const char* file, int line,
                               const char* message);

}  // namespace segmentd

// For programmer errors only, in every build; never for input. The message says what was promised.
#define SEGMENTD_ASSERT(condition, message) \
  ((condition) ? static_cast<void>(0)       \
               : ::segmentd::AssertFailed(#condition, __FILE__, __LINE__, message))
