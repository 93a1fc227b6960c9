#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/json_writer.h"

namespace segmentd::app {

enum class TableFormat : std::uint8_t { kCsv, kJsonl };

// Appends rows to a string that the caller empties between rows. CSV as RFC 4180 has it, with a
// header and plain line feeds, where a missing value is an empty cell and an empty text is "";
// JSON lines with the columns as keys, where it is null.
class Table {
 public:
  Table(TableFormat format, std::vector<std::string> columns, std::string& out);

  // Each is the next cell; the row ends with its last one.
  void Text(std::string_view value);
  void Number(double value);  // not finite: missing
  void Integer(std::int64_t value);
  void Instant(std::int64_t instant_ms);
  void Missing();

 private:
  void Begin();
  void End();

  const TableFormat format_;
  const std::vector<std::string> columns_;
  std::string& out_;
  std::optional<JsonWriter> json_;  // of the row that is being written
  std::size_t next_ = 0;
};

}  // namespace segmentd::app
