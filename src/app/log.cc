#include "app/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>

#include "segmentd/base/json_writer.h"
#include "segmentd/base/time_text.h"

namespace segmentd::app {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};

std::string_view Name(config::LogLevel level) { return kNames[static_cast<std::size_t>(level)]; }

bool NeedsQuotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \"=\n\t") != std::string_view::npos;
}

std::string TextLine(std::int64_t now_ms, std::string_view level, std::string_view message,
                     Log::Fields fields) {
  std::string line = fmt::format("{} {:5} {}", FormatRfc3339(now_ms), level, message);
  for (const LogField& field : fields) {
    line.append(" ").append(field.name).append("=");
    if (NeedsQuotes(field.value)) {
      JsonWriter(line).String(field.value);
    } else {
      line += field.value;
    }
  }
  return line;
}

std::string JsonLine(std::int64_t now_ms, std::string_view level, std::string_view message,
                     Log::Fields fields) {
  std::string line;
  JsonWriter json(line);
  json.BeginObject().Key("time").Instant(now_ms).Key("level").String(level);
  json.Key("message").String(message);
  for (const LogField& field : fields) json.Key(field.name).String(field.value);
  json.EndObject();
  return line;
}

}  // namespace

struct Log::Body {
  Body(const config::Log& log, const Clock& wall)
      : options(log),
        clock(wall),
        logger("segmentd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);  // filtered before a line is made
  }

  void Write(config::LogLevel level, bool always, std::string_view message, Fields fields) {
    if (!always && level < options.level) return;
    const std::int64_t now_ms = clock.WallMs();
    logger.info(options.format == config::LogFormat::kJson
                    ? JsonLine(now_ms, Name(level), message, fields)
                    : TextLine(now_ms, Name(level), message, fields));
    if (counter) counter(Name(level));
  }

  const config::Log options;
  const Clock& clock;
  spdlog::logger logger;
  std::function<void(std::string_view)> counter;
};

Log::Log(const config::Log& options, const Clock& clock)
    : body_(std::make_unique<Body>(options, clock)) {}

Log::~Log() = default;

void Log::Debug(std::string_view message, Fields fields) const {
  body_->Write(config::LogLevel::kDebug, false, message, fields);
}

void Log::Info(std::string_view message, Fields fields) const {
  body_->Write(config::LogLevel::kInfo, false, message, fields);
}

void Log::Warn(std::string_view message, Fields fields) const {
  body_->Write(config::LogLevel::kWarn, false, message, fields);
}

void Log::Failure(std::string_view message, Fields fields) const {
  body_->Write(config::LogLevel::kError, false, message, fields);
}

void Log::Announce(std::string_view message, Fields fields) const {
  body_->Write(config::LogLevel::kInfo, true, message, fields);
}

void Log::SetCounter(std::function<void(std::string_view)> counter) {
  body_->counter = std::move(counter);
}

}  // namespace segmentd::app
