#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace segmentd {

// What the caller must do about an error. The code names the action, never the library it came
// from: adapters translate foreign errors at their edge, and what they cannot classify is kFatal.
enum class Code {
  kBadRecord,   // this one record cannot be used: dead-letter it, count it, go on
  kRetry,       // the same call may succeed later: repeat it with the same arguments
  kAbort,       // the transaction cannot be committed: flush, abort, rewind, redo
  kFenced,      // the producer is of no use any more: destroy it and recover
  kStorage,     // local storage fails (disk full, locked, unreadable): stop with exit code 74
  kCorruption,  // stored bytes are not what was written: never serve them
  kNewer,       // written by a newer version of segmentd: refuse, overwrite nothing
  kConfig,      // the configuration or the arguments are wrong: exit code 78 or 2
  kNotFound,    // what was named does not exist (a topic, a file, a customer)
  kCancelled,   // asked to stop
  kFatal,       // anything else: report and end the process
};

std::string_view CodeName(Code code);

struct Error {
  Code code = Code::kFatal;
  std::string message;

  // The same error with what was being done in front: "opening store p3: IO error: ...".
  Error With(std::string_view context) const {
    return {code, fmt::format("{}: {}", context, message)};
  }
};

template <typename... Args>
tl::unexpected<Error> Fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

// A value or an Error. Never thrown, never ignored.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  bool ok() const { return this->has_value(); }
};

using Status = Result<void>;

inline Status Ok() { return {}; }

}  // namespace segmentd

#define SEGMENTD_CONCAT_INNER(a, b) a##b
#define SEGMENTD_CONCAT(a, b) SEGMENTD_CONCAT_INNER(a, b)

// Returns the error of a Status or Result expression from the enclosing function, if it has one.
#define SEGMENTD_RETURN_IF_ERROR(expression) \
  SEGMENTD_RETURN_IF_ERROR_INNER(SEGMENTD_CONCAT(segmentd_status_, __COUNTER__), expression)
#define SEGMENTD_RETURN_IF_ERROR_INNER(status, expression)                                        \
  do {                                                                                            \
    auto status = (expression);                                                                   \
    if (!status.has_value()) return tl::unexpected<::segmentd::Error>(std::move(status.error())); \
  } while (false)

// SEGMENTD_ASSIGN_OR_RETURN(auto x, Compute()): declares x, or returns the error.
#define SEGMENTD_ASSIGN_OR_RETURN(declaration, expression)                                  \
  SEGMENTD_ASSIGN_OR_RETURN_INNER(SEGMENTD_CONCAT(segmentd_result_, __LINE__), declaration, \
                                  expression)
#define SEGMENTD_ASSIGN_OR_RETURN_INNER(result, declaration, expression)                        \
  auto result = (expression);                                                                   \
  if (!result.has_value()) return tl::unexpected<::segmentd::Error>(std::move(result.error())); \
  declaration = std::move(*result)
