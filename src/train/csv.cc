#include "csv.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace segmentd::train {

CsvRow::Found CsvRow::Parse(const char* from, const char* end, bool is_last) {
  fields_.clear();
  escaped_.clear();
  lines_ = 1;
  const char* at = from;
  for (;;) {
    at = *at == '"' && at != end ? QuotedField(at, end) : BareField(at);
    if (at == nullptr) return Found::kPartial;
    if (*at != delimiter_ || at == end) break;
    ++at;
  }
  if (at == end && !is_last) return Found::kPartial;
  bytes_ = static_cast<std::size_t>(at - from) + (at == end ? 0 : 1);
  return Found::kRow;
}

const char* CsvRow::BareField(const char* at) {
  const char* const start = at;
  const char delimiter = delimiter_;
  while (*at != delimiter && *at != '\n') ++at;
  const char* last = at;
  if (*at == '\n' && last != start && last[-1] == '\r') --last;
  fields_.emplace_back(start, static_cast<std::size_t>(last - start));
  return at;
}

// Null when the quote does not end before `end`. What stands between the closing quote and the
// delimiter is not said by RFC 4180; it is dropped.
const char* CsvRow::QuotedField(const char* at, const char* end) {
  const char* const start = ++at;
  bool escaped = false;
  for (;;) {
    at = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (at == nullptr) return nullptr;
    if (at + 1 == end || at[1] != '"') break;
    escaped = true;
    at += 2;
  }
  if (escaped) escaped_.push_back(fields_.size());
  fields_.emplace_back(start, static_cast<std::size_t>(at - start));
  lines_ += static_cast<std::size_t>(std::count(start, at, '\n'));
  while (*at != delimiter_ && *at != '\n') ++at;
  return at;
}

void CsvRow::Unescape(char* from) {
  const char* const base = from;
  for (const std::size_t index : escaped_) {
    std::string_view& field = fields_[index];
    char* const start = from + (field.data() - base);
    char* to = start;
    for (std::size_t i = 0; i < field.size(); ++i) {
      *to++ = start[i];
      if (start[i] == '"') ++i;
    }
    field = {start, static_cast<std::size_t>(to - start)};
  }
  escaped_.clear();
}

char DelimiterOf(std::string_view header) {
  constexpr std::array<char, 3> kDelimiters = {',', ';', '\t'};
  std::array<int, 3> counts{};
  bool quoted = false;
  for (const char c : header) {
    if (c == '"') quoted = !quoted;
    for (std::size_t i = 0; i < kDelimiters.size(); ++i)
      counts[i] += !quoted && c == kDelimiters[i];
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  return kDelimiters[static_cast<std::size_t>(most - counts.begin())];
}

}  // namespace segmentd::train
