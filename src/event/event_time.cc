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
constexpr std::array<int, 12> kDaysInMonth = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

// `count` digits at `at`; a character that is none leaves a number of a thousand and more times
// what fits, so that one check at the end finds it.
class Digits {
 public:
  explicit Digits(const char* text) : text_(text) {}
  int Read(std::size_t at, std::size_t count) {
    unsigned value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      const unsigned digit = static_cast<unsigned char>(text_[i]) - unsigned{'0'};
      bad_ |= digit > 9;
      value = value * 10 + digit;
    }
    return static_cast<int>(value);
  }
  bool ok() const { return !bad_; }

 private:
  const char* text_;
  bool bad_ = false;
};

int DaysIn(int year, int month) {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDaysInMonth[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// Days from 1970 of a proleptic Gregorian date, with years that begin in March.
std::int64_t DaysSince1970(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return y * 365 + FloorDiv(y, 4) - FloorDiv(y, 100) + FloorDiv(y, 400) + day_of_year - 719'468;
}

// The shape that nearly every producer writes, "2026-11-20T10:15:02Z" with or without three digits
// of milliseconds, costs a seventh of the general parser, which has the word on all others.
std::optional<std::int64_t> ParseUsualTime(std::string_view text) {
  if (text.size() != 20 && text.size() != 24) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text.back() != 'Z' || (text.size() == 24 && text[19] != '.')) {
    return std::nullopt;
  }
  Digits digits(text.data());
  const int year = digits.Read(0, 4);
  const int month = digits.Read(5, 2);
  const int day = digits.Read(8, 2);
  const int hour = digits.Read(11, 2);
  const int minute = digits.Read(14, 2);
  const int second = digits.Read(17, 2);
  const int millis = text.size() == 24 ? digits.Read(20, 3) : 0;
  if (!digits.ok() || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) ||
      hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const std::int64_t days = DaysSince1970(year, month, day);
  return ((days * 24 + hour) * 60 + minute) * 60'000 + second * kSecondMs + millis;
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
