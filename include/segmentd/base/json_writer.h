#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace segmentd {

// Appends one compact JSON text to a string that the caller keeps and reuses. Keys come out in the
// order of the calls; doubles in their shortest form that reads back equal, non-finite ones as
// null. REQUIRES: calls nest as JSON does.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  // A key that JsonKey made ready: for those that come with every record.
  JsonWriter& ReadyKey(std::string_view key);
  JsonWriter& String(std::string_view value);
  JsonWriter& Int(std::int64_t value);
  JsonWriter& Double(double value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // RFC 3339, UTC, milliseconds.
  JsonWriter& Instant(std::int64_t instant_ms);
  // Text that is JSON already.
  JsonWriter& Raw(std::string_view json);

 private:
  void Separate();
  void Quote(std::string_view text, bool is_key);

  std::string& out_;
  bool needs_comma_ = false;
};

// What Key writes, the colon included.
std::string JsonKey(std::string_view key);

}  // namespace segmentd
