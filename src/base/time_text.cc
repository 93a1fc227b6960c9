#include "segmentd/base/time_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <utility>

#include "segmentd/base/ids.h"

namespace segmentd {
namespace {

// Reads exactly `digits` decimal digits.
bool ReadDigits(std::string_view& text, int digits, int& value) {
  if (text.size() < static_cast<std::size_t>(digits)) return false;
  value = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(digits));
  return true;
}

bool ReadChar(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// ".120500" -> 120; no fraction -> 0.
bool ReadFraction(std::string_view& text, int& millis) {
  millis = 0;
  if (!ReadChar(text, ".")) return true;
  int digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    if (digits < 3) millis = millis * 10 + (text.front() - '0');
    ++digits;
  }
  for (int missing = digits; missing < 3; ++missing) millis *= 10;
  return digits > 0;
}

// "Z", "+02:00", "-0530" is not RFC 3339.
bool ReadOffset(std::string_view& text, int& minutes) {
  minutes = 0;
  if (ReadChar(text, "Zz")) return true;
  if (text.empty()) return false;
  const bool west = text.front() == '-';
  int hour = 0;
  int minute = 0;
  if (!ReadChar(text, "+-") || !ReadDigits(text, 2, hour) || !ReadChar(text, ":") ||
      !ReadDigits(text, 2, minute) || hour > 23 || minute > 59) {
    return false;
  }
  minutes = (hour * 60 + minute) * (west ? -1 : 1);
  return true;
}

// Each change says several instants, so these are written without a format.
char* WriteDigits(std::int64_t value, int digits, char end, char* at) {
  for (int i = digits; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
  at[digits] = end;
  return at + digits + 1;
}

template <std::size_t kUnits>
std::optional<std::int64_t> ParseWithUnit(
    std::string_view text,
    const std::array<std::pair<std::string_view, std::int64_t>, kUnits>& units) {
  std::int64_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0) return std::nullopt;
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
    return count * factor;
  }
  return std::nullopt;
}

// Largest first, so that formatting finds the largest unit that divides.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kDurations = {
    {{"d", kDayMs}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kSizes = {{{"TiB", 1LL << 40},
                                                                              {"GiB", 1LL << 30},
                                                                              {"MiB", 1LL << 20},
                                                                              {"KiB", 1LL << 10},
                                                                              {"B", 1},
                                                                              {"", 1}}};

}  // namespace

std::optional<std::int64_t> ParseRfc3339(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0, offset = 0;
  if (!ReadDigits(text, 4, year) || !ReadChar(text, "-") || !ReadDigits(text, 2, month) ||
      !ReadChar(text, "-") || !ReadDigits(text, 2, day) || !ReadChar(text, "Tt ") ||
      !ReadDigits(text, 2, hour) || !ReadChar(text, ":") || !ReadDigits(text, 2, minute) ||
      !ReadChar(text, ":") || !ReadDigits(text, 2, second) || !ReadFraction(text, millis) ||
      !ReadOffset(text, offset) || !text.empty()) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute - offset) * 60'000LL + second * 1000LL + millis;
}

void AppendRfc3339(std::string& out, std::int64_t instant_ms) {
  const std::int64_t day = FloorDiv(instant_ms, kDayMs);
  const std::int64_t in_day = instant_ms - day * kDayMs;
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(day)}}};
  const int year = static_cast<int>(date.year());
  if (year >= 0 && year <= 9999) {
    char text[24];
    char* at = WriteDigits(year, 4, '-', text);
    at = WriteDigits(static_cast<unsigned>(date.month()), 2, '-', at);
    at = WriteDigits(static_cast<unsigned>(date.day()), 2, 'T', at);
    at = WriteDigits(in_day / 3'600'000, 2, ':', at);
    at = WriteDigits(in_day / 60'000 % 60, 2, ':', at);
    at = WriteDigits(in_day / 1000 % 60, 2, '.', at);
    WriteDigits(in_day % 1000, 3, 'Z', at);
    out.append(text, sizeof text);
    return;
  }
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), in_day / 3'600'000, in_day / 60'000 % 60,
                 in_day / 1000 % 60, in_day % 1000);
}

std::string FormatRfc3339(std::int64_t instant_ms) {
  std::string text;
  AppendRfc3339(text, instant_ms);
  return text;
}

std::optional<std::int64_t> ParseDurationMs(std::string_view text) {
  return ParseWithUnit(text, kDurations);
}

std::string FormatDurationMs(std::int64_t duration_ms) {
  for (const auto& [name, factor] : kDurations) {
    if (duration_ms != 0 && duration_ms % factor == 0)
      return fmt::format("{}{}", duration_ms / factor, name);
  }
  return "0s";
}

std::optional<std::int64_t> ParseBytes(std::string_view text) {
  return ParseWithUnit(text, kSizes);
}

std::string FormatBytes(std::int64_t bytes) {
  for (const auto& [name, factor] : kSizes) {
    if (bytes != 0 && bytes % factor == 0) return fmt::format("{}{}", bytes / factor, name);
  }
  return "0";
}

}  // namespace segmentd
