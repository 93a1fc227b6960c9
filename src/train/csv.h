#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace segmentd::train {

// Cuts rows of comma-separated values (RFC 4180) out of bytes: quoted fields may hold delimiters,
// doubled quotes and line ends; lines end in LF or CR LF; a quote within a bare field is a
// character. Own code, for none of the libraries at hand reads line ends within quotes, goes on
// after a broken row, knows columns at run time only and is fast enough to keep up with the rest of
// the reader.
class CsvRow {
 public:
  enum class Found : std::uint8_t {
    kRow,
    kPartial,  // no line end yet, or within quotes
  };

  explicit CsvRow(char delimiter) : delimiter_(delimiter) {}

  // Reads the row that starts at `from`. REQUIRES: *end is a line feed. Unless `is_last`, a row
  // that touches `end` is kPartial; with it, only one with an open quote is.
  Found Parse(const char* from, const char* end, bool is_last);

  // Of the last kRow. Takes doubled quotes apart in place, which is why the bytes are not const;
  // before it, fields() of such a field still shows them doubled.
  void Unescape(char* from);

  const std::vector<std::string_view>& fields() const { return fields_; }
  std::size_t bytes() const { return bytes_; }  // with the line end
  std::size_t lines() const { return lines_; }
  bool blank() const { return fields_.size() == 1 && fields_[0].empty(); }

 private:
  const char* BareField(const char* at);
  const char* QuotedField(const char* at, const char* end);

  char delimiter_;
  std::vector<std::string_view> fields_;
  std::vector<std::size_t> escaped_;  // fields that hold doubled quotes
  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
};

// The delimiter of a header line: the most frequent of comma, semicolon and tab outside quotes.
char DelimiterOf(std::string_view header);

}  // namespace segmentd::train
