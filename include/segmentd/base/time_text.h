#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segmentd {

// RFC 3339 with any fraction (truncated to milliseconds) and any offset; years 0000 to 9999.
// A leap second reads as the second after it. Nothing for anything else.
std::optional<std::int64_t> ParseRfc3339(std::string_view text);

// "2026-11-20T10:15:02.120Z": always UTC, always three digits of milliseconds.
std::string FormatRfc3339(std::int64_t instant_ms);
void AppendRfc3339(std::string& out, std::int64_t instant_ms);

// "250ms", "5m", "30d", "1h", "91d", "12s": a whole number and one unit. Nothing for anything else.
std::optional<std::int64_t> ParseDurationMs(std::string_view text);
std::string FormatDurationMs(std::int64_t duration_ms);

// "1MiB", "512MiB", "1GiB", "64KiB", "1000": bytes. Nothing for anything else.
std::optional<std::int64_t> ParseBytes(std::string_view text);
std::string FormatBytes(std::int64_t bytes);

}  // namespace segmentd
