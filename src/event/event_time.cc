#include "event_time.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "segmentd/base/ids.h"
#include "segmentd/base/time_text.h"

namespace segmentd::event {
namespace {

using Type = Scalar::Type;

// Years 1 to 9999, the instants that RFC 3339 can write and that any store of others can hold.
constexpr std::int64_t kTimeMinMs = -62'135'596'800'000;
constexpr std::int64_t kTimeMaxMs = 253'402'300'799'999;
constexpr std::array<unsigned, 12> kDaysInMonth = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

// Numbers of a fixed width; whether all their characters were digits is asked once, at the end.
class Digits {
 public:
  explicit Digits(const char* text) : text_(text) {}
  unsigned One(std::size_t at) {
    const unsigned digit = static_cast<unsigned char>(text_[at]) - unsigned{'0'};
    bad_ |= digit > 9;
    return digit;
  }
  unsigned Two(std::size_t at) { return One(at) * 10 + One(at + 1); }
  bool ok() const { return !bad_; }

 private:
  const char* text_;
  bool bad_ = false;
};

bool IsDay(unsigned year, unsigned month, unsigned day) {
  if (month < 1 || month > 12 || day < 1) return false;
  if (day <= 28) return true;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDaysInMonth[month - 1] + (month == 2 && leap ? 1u : 0u);
}

// Days from 1970 of a proleptic Gregorian date, by years that begin in March and, so that nothing
// is negative, 400 years early; a cycle of 400 years has 146,097 days.
std::int64_t DaysSince1970(unsigned year, unsigned month, unsigned day) {
  const unsigned y = year + 400 - (month <= 2 ? 1 : 0);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned days = y * 365 + y / 4 - y / 100 + y / 400 + day_of_year;
  return std::int64_t{days} - 719'468 - 146'097;
}

// The shape that nearly every producer writes, "2026-11-20T10:15:02Z" with or without three digits
// of milliseconds, costs a quarter of the general parser, which has the word on all others.
std::optional<std::int64_t> ParseUsualTime(std::string_view text) {
  if (text.size() != 20 && text.size() != 24) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text.back() != 'Z' || (text.size() == 24 && text[19] != '.')) {
    return std::nullopt;
  }
  Digits digits(text.data());
  const unsigned year = digits.Two(0) * 100 + digits.Two(2);
  const unsigned month = digits.Two(5);
  const unsigned day = digits.Two(8);
  const unsigned hour = digits.Two(11);
  const unsigned minute = digits.Two(14);
  const unsigned second = digits.Two(17);
  const unsigned millis = text.size() == 24 ? digits.Two(20) * 10 + digits.One(22) : 0;
  if (!digits.ok() || !IsDay(year, month, day) || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const std::int64_t ms_of_day = ((hour * 60 + minute) * 60 + second) * kSecondMs + millis;
  return DaysSince1970(year, month, day) * kDayMs + ms_of_day;
}

std::optional<std::int64_t> ParseTime(std::string_view text) {
  const std::optional<std::int64_t> usual = ParseUsualTime(text);
  return usual.has_value() ? usual : ParseRfc3339(text);
}

// A whole number, or a text of its digits; nothing for what is neither or beyond 2^53.
std::optional<std::int64_t> WholeNumber(const Scalar& scalar) {
  constexpr double kExactMax = 9'007'199'254'740'992.0;
  if (scalar.type == Type::kNumber) {
    const bool whole = std::fabs(scalar.number) <= kExactMax &&  // so not infinite nor NaN
                       std::trunc(scalar.number) == scalar.number;
    return whole ? std::optional(static_cast<std::int64_t>(scalar.number)) : std::nullopt;
  }
  std::int64_t value = 0;
  const char* const end = scalar.text.data() + scalar.text.size();
  const auto [rest, error] = std::from_chars(scalar.text.data(), end, value);
  if (scalar.type != Type::kText || error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

std::string_view Expected(TimeFormat format) {
  switch (format) {
    case TimeFormat::kRfc3339:
      return "an RFC 3339 time such as \"2026-11-20T10:15:02.120Z\"";
    case TimeFormat::kSeconds:
      return "whole seconds since 1970 UTC";
    case TimeFormat::kMilliseconds:
      return "whole milliseconds since 1970 UTC";
  }
  return {};
}

}  // namespace

Checked ReadTime(const Scalar& scalar, TimeFormat format, std::int64_t& instant_ms) {
  std::optional<std::int64_t> time;
  if (format != TimeFormat::kRfc3339) {
    time = WholeNumber(scalar);
  } else if (scalar.type == Type::kText) {
    time = ParseTime(scalar.text);
  }
  if (!time.has_value()) {
    return Refuse(RejectCode::kBadTime, "event_time is {}; expected {}", Describe(scalar),
                  Expected(format));
  }
  const std::int64_t unit = format == TimeFormat::kSeconds ? kSecondMs : 1;
  if (*time < kTimeMinMs / unit || *time > kTimeMaxMs / unit) {
    return Refuse(RejectCode::kBadTime,
                  "event_time is {}, outside the years 1 to 9999; expected {}: check the topic's "
                  "unit of time",
                  Describe(scalar), Expected(format));
  }
  instant_ms = *time * unit;
  return {};
}

}  // namespace segmentd::event
