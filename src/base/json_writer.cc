#include "segmentd/base/json_writer.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "segmentd/base/time_text.h"

namespace segmentd {
namespace {

void AppendEscape(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      break;
    case '\\':
      out.append("\\\\");
      break;
    case '\n':
      out.append("\\n");
      break;
    case '\r':
      out.append("\\r");
      break;
    case '\t':
      out.append("\\t");
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
  }
}

void AppendEscaped(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t plain = 0;  // from here to i nothing needs an escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20) continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    AppendEscape(out, c);
  }
  out.append(text.substr(plain));
  out.push_back('"');
}

bool IsPlain(std::string_view text) {
  bool plain = true;
  for (const char c : text) {
    plain &= c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
  }
  return plain;
}

// Most numbers of a record are counts and prices. Their digits are at hand: of at most 15 decimal
// digits no two mean the same double, so that these are the shortest that read back equal, and the
// search for those, several times dearer, is spared. Writes nothing for any other number.
char* WriteDecimal(double value, char* at) {
  constexpr double kLimit = 1e11;  // 11 digits before the point and 4 behind it
  constexpr std::uint64_t kUnit = 10'000;
  const double size = std::fabs(value);
  if (!(size < kLimit)) return at;
  const std::int64_t scaled = std::llrint(size * kUnit);
  if (static_cast<double>(scaled) / kUnit != size) return at;
  if (std::signbit(value)) *at++ = '-';
  const auto digits = static_cast<std::uint64_t>(scaled);
  const fmt::format_int whole(digits / kUnit);
  at = std::copy_n(whole.data(), whole.size(), at);
  std::uint64_t fraction = digits % kUnit;
  if (fraction == 0) return at;
  *at++ = '.';
  for (std::uint64_t unit = kUnit / 10; fraction != 0; unit /= 10) {
    *at++ = static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
  return at;
}

}  // namespace

void JsonWriter::Separate() {
  if (needs_comma_) out_.push_back(',');
  needs_comma_ = true;
}

JsonWriter& JsonWriter::BeginObject() {
  Separate();
  out_.push_back('{');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  out_.push_back('}');
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Separate();
  out_.push_back('[');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  out_.push_back(']');
  needs_comma_ = true;
  return *this;
}

// Keys and most strings are short and plain: those are added whole.
void JsonWriter::Quote(std::string_view text, bool is_key) {
  constexpr std::size_t kShort = 60;
  if (text.size() > kShort || !IsPlain(text)) {
    Separate();
    AppendEscaped(out_, text);
    if (is_key) out_.push_back(':');
  } else {
    char quoted[kShort + 4];
    char* at = quoted;
    if (needs_comma_) *at++ = ',';
    *at++ = '"';
    at = std::copy(text.begin(), text.end(), at);
    *at++ = '"';
    if (is_key) *at++ = ':';
    out_.append(quoted, static_cast<std::size_t>(at - quoted));
  }
  needs_comma_ = !is_key;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Quote(key, true);
  return *this;
}

JsonWriter& JsonWriter::ReadyKey(std::string_view key) {
  Separate();
  out_.append(key);
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view value) {
  Quote(value, false);
  return *this;
}

JsonWriter& JsonWriter::Int(std::int64_t value) {
  Separate();
  const fmt::format_int text(value);
  out_.append(text.data(), text.size());
  return *this;
}

JsonWriter& JsonWriter::Double(double value) {
  if (!std::isfinite(value)) return Null();
  Separate();
  char text[32];
  char* end = WriteDecimal(value, text);
  if (end == text) end = fmt::format_to(text, FMT_COMPILE("{}"), value);
  out_.append(text, static_cast<std::size_t>(end - text));
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) { return Raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::Null() { return Raw("null"); }

JsonWriter& JsonWriter::Instant(std::int64_t instant_ms) {
  Separate();
  out_.push_back('"');
  AppendRfc3339(out_, instant_ms);
  out_.push_back('"');
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  out_.append(json);
  return *this;
}

std::string JsonKey(std::string_view key) {
  std::string ready;
  AppendEscaped(ready, key);
  ready.push_back(':');
  return ready;
}

}  // namespace segmentd
