#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "segmentd/base/clock.h"
#include "segmentd/config/config.h"

namespace segmentd::app {

struct LogField {
  std::string_view name;
  std::string value;
};

// The daemon's log, on stderr: "TIME LEVEL MESSAGE name=value ...", or one JSON object a line.
// Thread-safe.
class Log {
 public:
  using Fields = std::initializer_list<LogField>;

  Log(const config::Log& options, const Clock& clock);
  ~Log();

  void Debug(std::string_view message, Fields fields = {}) const;
  void Info(std::string_view message, Fields fields = {}) const;
  void Warn(std::string_view message, Fields fields = {}) const;
  void Failure(std::string_view message, Fields fields = {}) const;
  // Whatever the level: what programs wait for.
  void Announce(std::string_view message, Fields fields = {}) const;

  // Told the level of each line written. Set before other threads log.
  void SetCounter(std::function<void(std::string_view level)> counter);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::app
