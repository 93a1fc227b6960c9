#include "app/table.h"

#include <cmath>
#include <utility>

#include "segmentd/base/time_text.h"

namespace segmentd::app {
namespace {

void AppendCsvText(std::string_view text, std::string& out) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

Table::Table(TableFormat format, std::vector<std::string> columns, std::string& out)
    : format_(format), columns_(std::move(columns)), out_(out) {
  if (format_ != TableFormat::kCsv) return;
  for (const std::string& column : columns_) Text(column);
}

void Table::Begin() {
  if (format_ == TableFormat::kCsv) {
    if (next_ > 0) out_ += ',';
    return;
  }
  if (next_ == 0) json_.emplace(out_).BeginObject();
  json_->Key(columns_[next_]);
}

void Table::End() {
  if (++next_ < columns_.size()) return;
  if (format_ == TableFormat::kJsonl) json_->EndObject();
  out_ += '\n';
  next_ = 0;
}

void Table::Text(std::string_view value) {
  Begin();
  if (format_ == TableFormat::kCsv) {
    AppendCsvText(value, out_);
  } else {
    json_->String(value);
  }
  End();
}

void Table::Number(double value) {
  if (!std::isfinite(value)) {
    Missing();
    return;
  }
  Begin();
  // A number is written alike in both.
  if (format_ == TableFormat::kCsv) {
    JsonWriter(out_).Double(value);
  } else {
    json_->Double(value);
  }
  End();
}

void Table::Integer(std::int64_t value) {
  Begin();
  if (format_ == TableFormat::kCsv) {
    JsonWriter(out_).Int(value);
  } else {
    json_->Int(value);
  }
  End();
}

void Table::Instant(std::int64_t instant_ms) {
  Begin();
  if (format_ == TableFormat::kCsv) {
    AppendRfc3339(out_, instant_ms);
  } else {
    json_->Instant(instant_ms);
  }
  End();
}

void Table::Missing() {
  Begin();
  if (format_ == TableFormat::kJsonl) json_->Null();
  End();
}

}  // namespace segmentd::app
