#include "columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "segmentd/base/hash.h"
#include "segmentd/base/ids.h"
#include "segmentd/base/text.h"
#include "segmentd/base/time_text.h"

namespace segmentd::train {
namespace {

using event::RejectCode;

constexpr std::array<std::string_view, 10> kNames = {
    "customer_id", "event_id", "event_time", "kind",     "amount",
    "quantity",    "category", "channel",    "discount", "currency"};
constexpr std::size_t kQuotedMax = 48;

// Years 1 to 9999, as for records of a topic.
constexpr std::int64_t kTimeMinMs = -62'135'596'800'000;
constexpr std::int64_t kTimeMaxMs = 253'402'300'799'999;

template <typename... Args>
tl::unexpected<event::Rejection> Refuse(RejectCode code, fmt::format_string<Args...> format,
                                        Args&&... args) {
  return tl::unexpected<event::Rejection>(
      {code, event::Stage::kValidate, fmt::format(format, std::forward<Args>(args)...)});
}

std::string_view Shown(std::string_view text) { return text.substr(0, kQuotedMax); }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Any finite number; a leading plus is allowed.
bool ReadNumber(std::string_view text, double& value) {
  text = Trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && rest == text.data() + text.size() && std::isfinite(value);
}

bool ReadTwo(const char* text, int& value) {
  const int tens = text[0] - '0';
  const int ones = text[1] - '0';
  value = tens * 10 + ones;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9;
}

std::string_view ExpectedTime(event::TimeFormat format) {
  switch (format) {
    case event::TimeFormat::kRfc3339:
      return "a time such as 2026-11-20T10:15:02Z, 2026-11-20 10:15:02 or 2026-11-20; for a "
             "number, "
             "configure its unit in input.transactions.time";
    case event::TimeFormat::kSeconds:
      return "whole seconds since 1970 UTC";
    case event::TimeFormat::kMilliseconds:
      return "whole milliseconds since 1970 UTC";
  }
  return {};
}

bool IsConstant(const event::FieldSource& source) {
  return !std::holds_alternative<std::monostate>(source.constant);
}

std::string ConstantText(const event::FieldSource& source) {
  const auto* text = std::get_if<std::string>(&source.constant);
  return text != nullptr ? *text : fmt::to_string(std::get<double>(source.constant));
}

// Names and constants are judged as for a topic; any text can be the name of a column.
Status CheckMapping(event::Format format) {
  format.encoding = event::Encoding::kJson;
  for (auto& [name, source] : format.fields) {
    if (!IsConstant(source)) source.path = name;
  }
  const auto decoder = event::Decoder::Create(format);
  if (!decoder.ok()) return tl::unexpected<Error>(decoder.error());
  return Ok();
}

// A column's index by its name, or by the name as a JSON pointer; -1 when there is none.
int FindColumn(const std::vector<std::string_view>& header, std::string_view name) {
  const auto find = [&](std::string_view wanted) {
    const auto at = std::find(header.begin(), header.end(), wanted);
    return at == header.end() ? -1 : static_cast<int>(at - header.begin());
  };
  const int column = find(name);
  return column < 0 && name.starts_with('/') ? find(name.substr(1)) : column;
}

tl::unexpected<Error> NoColumn(std::string_view field, std::string_view column,
                               const std::vector<std::string_view>& header) {
  const auto nearest = NearestName(column, header);
  const std::string meant =
      nearest.has_value() ? fmt::format("; did you mean \"{}\"?", *nearest) : std::string();
  return Fail(Code::kConfig,
              "there is no column \"{}\" for {}{} The columns are: {}. Name the right one in "
              "input.transactions.fields, as {}: COLUMN",
              column, field, meant.empty() ? "." : meant, fmt::join(header, ", "), field);
}

}  // namespace

Result<Columns> Columns::Match(const event::Format& format,
                               const std::vector<std::string_view>& header) {
  SEGMENTD_RETURN_IF_ERROR(CheckMapping(format));
  Columns columns;
  columns.time_ = format.time;
  columns.columns_ = header.size();
  std::vector<std::string_view> names;
  for (const std::string_view name : header) names.push_back(Trim(name));
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    Place& place = columns.places_[i];
    const auto source = format.fields.find(std::string(kNames[i]));
    const bool mapped = source != format.fields.end();
    if (mapped && IsConstant(source->second)) {
      place.constant = ConstantText(source->second);
      continue;
    }
    const std::string_view column = mapped ? std::string_view(source->second.path) : kNames[i];
    place.column = FindColumn(names, column);
    // A file of visits alone needs no amount: its rows would say so, or a constant kind does.
    const bool required = i == kCustomerId || i == kEventTime ||
                          (i == kAmount && columns.places_[kKind].column < 0 &&
                           columns.places_[kKind].constant != "visit");
    if (place.column < 0 && (mapped || required)) return NoColumn(kNames[i], column, names);
  }
  return columns;
}

tl::expected<event::Event, event::Rejection> Columns::Read(
    const std::vector<std::string_view>& row) {
  if (row.size() != columns_) {
    return Refuse(RejectCode::kMalformed,
                  "{} values, but the header has {} columns; a value that holds the delimiter "
                  "has to be quoted",
                  row.size(), columns_);
  }
  event::Event event;
  event.customer_id = Trim(Text(row, kCustomerId));
  if (event.customer_id.empty()) return Refuse(RejectCode::kMissingField, "customer_id is empty");
  const std::string_view id = Text(row, kEventId);
  event.has_id = !id.empty();
  if (event.has_id) event.id_hash = Hash64(id);
  const std::string_view time = Trim(Text(row, kEventTime));
  if (time.empty()) return Refuse(RejectCode::kMissingField, "event_time is empty");
  if (auto ok = ReadMoney(row, event); !ok) return tl::unexpected<event::Rejection>(ok.error());
  event.category = Text(row, kCategory);
  event.channel = Text(row, kChannel);
  event.currency = Text(row, kCurrency);
  const auto instant = ReadTime(time);
  if (!instant.has_value()) {
    return Refuse(RejectCode::kBadTime, "event_time is \"{}\"; expected {}", Shown(time),
                  ExpectedTime(time_));
  }
  event.event_time_ms = *instant;
  return event;
}

std::string_view Columns::Text(const std::vector<std::string_view>& row, Field field) const {
  const Place& place = places_[field];
  return place.column < 0 ? std::string_view(place.constant)
                          : row[static_cast<std::size_t>(place.column)];
}

tl::expected<void, event::Rejection> Columns::ReadMoney(const std::vector<std::string_view>& row,
                                                        event::Event& event) const {
  const std::string_view kind = Text(row, kKind);
  if (kind == "refund") {
    event.kind = event::Kind::kRefund;
  } else if (kind == "visit") {
    event.kind = event::Kind::kVisit;
  } else if (!kind.empty() && kind != "purchase") {
    return Refuse(RejectCode::kBadValue, "kind is \"{}\"; expected purchase, refund or visit",
                  Shown(kind));
  }
  if (event.kind != event::Kind::kVisit) {
    const std::string_view amount = Text(row, kAmount);
    if (amount.empty()) return Refuse(RejectCode::kMissingField, "amount is empty");
    if (!ReadNumber(amount, event.amount)) {
      return Refuse(RejectCode::kBadValue, "amount is \"{}\"; expected a number such as 1234.50",
                    Shown(amount));
    }
    if (event.amount < 0) event.kind = event::Kind::kRefund;
    event.amount = std::fabs(event.amount);
  }
  for (const auto& [field, out] :
       {std::pair(kQuantity, &event.quantity), std::pair(kDiscount, &event.discount)}) {
    const std::string_view text = Text(row, field);
    if (text.empty()) continue;
    if (!ReadNumber(text, *out) || (*out < 0 && event.kind == event::Kind::kPurchase)) {
      return Refuse(RejectCode::kBadValue, "{} is \"{}\"; expected a number that is not negative",
                    kNames[field], Shown(text));
    }
    *out = std::fabs(*out);
  }
  return {};
}

std::optional<std::int64_t> Columns::ReadTime(std::string_view text) {
  std::optional<std::int64_t> instant_ms;
  if (time_ == event::TimeFormat::kRfc3339) {
    instant_ms = ReadCivil(text);
  } else {
    // Spreadsheets write whole numbers as "1735689600.0".
    double value = 0;
    if (!ReadNumber(text, value) || std::trunc(value) != value) return std::nullopt;
    const double millis = time_ == event::TimeFormat::kSeconds ? value * 1000 : value;
    if (std::fabs(millis) > 0x1p53) return std::nullopt;
    instant_ms = static_cast<std::int64_t>(millis);
  }
  if (!instant_ms.has_value() || *instant_ms < kTimeMinMs || *instant_ms > kTimeMaxMs) {
    return std::nullopt;
  }
  return instant_ms;
}

// The common forms at once, the others of RFC 3339 (fractions, offsets) by its parser.
std::optional<std::int64_t> Columns::ReadCivil(std::string_view text) {
  if (text.size() < date_.size()) return std::nullopt;
  if (std::memcmp(text.data(), date_.data(), date_.size()) != 0) {
    const auto date_ms = ParseRfc3339(fmt::format("{}T00:00:00Z", text.substr(0, date_.size())));
    if (!date_ms.has_value()) return std::nullopt;
    std::memcpy(date_.data(), text.data(), date_.size());
    date_ms_ = *date_ms;
  }
  const std::string_view clock = text.substr(date_.size());
  if (clock.empty()) return date_ms_;
  const bool bare = clock.size() == 9;
  if (bare || (clock.size() == 10 && clock[9] == 'Z')) {
    int hour = 0, minute = 0, second = 0;
    if ((clock[0] == 'T' || clock[0] == ' ') && clock[3] == ':' && clock[6] == ':' &&
        ReadTwo(&clock[1], hour) && ReadTwo(&clock[4], minute) && ReadTwo(&clock[7], second) &&
        hour < 24 && minute < 60 && second < 60) {
      return date_ms_ + ((hour * 60 + minute) * 60 + second) * kSecondMs;
    }
  }
  if (const auto instant_ms = ParseRfc3339(text)) return instant_ms;
  return ParseRfc3339(fmt::format("{}Z", text));
}

}  // namespace segmentd::train
