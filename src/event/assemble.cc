#include "assemble.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "segmentd/base/hash.h"
#include "segmentd/base/text.h"
#include "segmentd/base/time_text.h"

namespace segmentd::event {
namespace {

using Type = Scalar::Type;

// Years 1 to 9999, the instants that RFC 3339 can write and that any store of others can hold.
constexpr std::int64_t kTimeMinMs = -62'135'596'800'000;
constexpr std::int64_t kTimeMaxMs = 253'402'300'799'999;
constexpr std::size_t kQuotedMax = 48;

std::string Describe(const Scalar& scalar) {
  switch (scalar.type) {
    case Type::kAbsent:
      return "nothing";
    case Type::kNumber:
      return scalar.text.empty() ? fmt::format("{}", scalar.number) : Quote(scalar.text);
    case Type::kText:
      return fmt::format("the text {}", Quote(scalar.text));
    case Type::kBool:
      return scalar.number != 0 ? "true" : "false";
    case Type::kOther:
      return "an object, an array or an unknown number of an enumeration";
  }
  return {};
}

tl::unexpected<Rejection> BadValue(std::string_view field, const Scalar& found,
                                   std::string_view expected) {
  return Refuse(RejectCode::kBadValue, "{} is {}; expected {}", field, Describe(found), expected);
}

bool IsInteger(std::string_view digits) {
  return !digits.empty() && digits.find_first_not_of("-0123456789") == std::string_view::npos;
}

// The customer's id, always as a view of the key: an id in the value is equal to it or refused.
tl::expected<std::string_view, Rejection> CustomerOf(const RawRecord& record, const Scalar& id) {
  if (!record.key.has_value()) {
    return Refuse(RejectCode::kKeyMismatch,
                  "the record has no key; produce it with the customer_id as its key");
  }
  const std::string_view key = *record.key;
  if (id.type == Type::kAbsent) {
    if (!IsUtf8(key)) {
      return Refuse(RejectCode::kBadValue, "the key is not UTF-8; it has to be the customer_id");
    }
  } else if (id.type != Type::kText && !(id.type == Type::kNumber && IsInteger(id.text))) {
    return BadValue("customer_id", id, "a text or a whole number");
  } else if (id.text != key) {
    return Refuse(
        RejectCode::kKeyMismatch,
        "the key is {} but the customer_id is {}; produce the record with the customer_id "
        "as its key",
        Quote(key), Quote(id.text));
  }
  if (key.empty()) return Refuse(RejectCode::kBadValue, "the customer_id is empty");
  return key;
}

// A number from `least` on, into `out`; absent leaves `out` as it is.
Checked ReadNumber(std::string_view field, const Scalar& scalar, double least, double& out) {
  if (scalar.type == Type::kAbsent) return {};
  if (scalar.type != Type::kNumber) return BadValue(field, scalar, "a number");
  if (!std::isfinite(scalar.number)) return BadValue(field, scalar, "a finite number");
  if (scalar.number < least) return BadValue(field, scalar, "a number that is not negative");
  out = scalar.number;
  return {};
}

// Quantities and discounts; the absolute value takes the sign off a zero.
Checked ReadMagnitude(std::string_view field, const Scalar& scalar, double& out) {
  return ReadNumber(field, scalar, 0, out).map([&] { out = std::fabs(out); });
}

Checked ReadName(std::string_view field, const Scalar& scalar, std::string_view& out) {
  if (scalar.type != Type::kAbsent && scalar.type != Type::kText) {
    return BadValue(field, scalar, "a text");
  }
  out = scalar.text;
  return {};
}

Checked ReadId(const Scalar& scalar, Event& event) {
  if (scalar.type != Type::kAbsent && scalar.type != Type::kText && scalar.type != Type::kNumber) {
    return BadValue("event_id", scalar, "a text or a number");
  }
  event.has_id = !scalar.text.empty();
  if (event.has_id) event.id_hash = Hash64(scalar.text);
  return {};
}

Checked ReadKind(const Scalar& scalar, Event& event) {
  if (scalar.type == Type::kAbsent) return {};
  if (scalar.type == Type::kText) {
    if (scalar.text == "purchase") return {};
    if (scalar.text == "refund") return (event.kind = Kind::kRefund, Checked{});
    if (scalar.text == "visit") return (event.kind = Kind::kVisit, Checked{});
  }
  return BadValue("kind", scalar, "\"purchase\", \"refund\" or \"visit\"");
}

// A visit is without money, so that whatever its amount says does not matter.
Checked ReadAmount(const Scalar& scalar, Event& event) {
  if (event.kind == Kind::kVisit) return {};
  if (scalar.type == Type::kAbsent) {
    return Refuse(RejectCode::kMissingField,
                  "amount is missing; a purchase and a refund need it, a visit says `kind: visit`");
  }
  return ReadNumber("amount", scalar, -INFINITY, event.amount).map([&] {
    if (event.amount < 0) event.kind = Kind::kRefund;
    event.amount = std::fabs(event.amount);
  });
}

Checked ReadFields(const TransactionScalars& scalars, Event& event) {
  if (auto ok = ReadId(scalars[Field::kEventId], event); !ok) return ok;
  if (scalars[Field::kEventTime].type == Type::kAbsent) {
    return Refuse(RejectCode::kMissingField, "event_time is missing");
  }
  if (auto ok = ReadKind(scalars[Field::kKind], event); !ok) return ok;
  if (auto ok = ReadAmount(scalars[Field::kAmount], event); !ok) return ok;
  if (auto ok = ReadMagnitude("quantity", scalars[Field::kQuantity], event.quantity); !ok)
    return ok;
  if (auto ok = ReadName("category", scalars[Field::kCategory], event.category); !ok) return ok;
  if (auto ok = ReadName("channel", scalars[Field::kChannel], event.channel); !ok) return ok;
  return ReadMagnitude("discount", scalars[Field::kDiscount], event.discount);
}

// A whole number, or a text of its digits; nothing for what is neither or beyond 2^53.
std::optional<std::int64_t> WholeNumber(const Scalar& scalar) {
  constexpr double kExactMax = 9'007'199'254'740'992.0;
  if (scalar.type == Type::kNumber) {
    if (!(std::fabs(scalar.number) <= kExactMax)) return std::nullopt;
    if (std::trunc(scalar.number) != scalar.number) return std::nullopt;
    return static_cast<std::int64_t>(scalar.number);
  }
  std::int64_t value = 0;
  const char* const end = scalar.text.data() + scalar.text.size();
  const auto [rest, error] = std::from_chars(scalar.text.data(), end, value);
  if (scalar.text.empty() || error != std::errc{} || rest != end) return std::nullopt;
  if (std::fabs(static_cast<double>(value)) > kExactMax) return std::nullopt;
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

tl::expected<std::int64_t, Rejection> ReadTime(const Scalar& scalar, TimeFormat format) {
  std::optional<std::int64_t> time;
  if (format != TimeFormat::kRfc3339) {
    time = WholeNumber(scalar);
  } else if (scalar.type == Type::kText) {
    time = ParseRfc3339(scalar.text);
  }
  if (!time.has_value()) {
    return Refuse(RejectCode::kBadTime, "event_time is {}; expected {}", Describe(scalar),
                  Expected(format));
  }
  const std::int64_t unit = format == TimeFormat::kSeconds ? 1000 : 1;
  if (*time < kTimeMinMs / unit || *time > kTimeMaxMs / unit) {
    return Refuse(RejectCode::kBadTime,
                  "event_time is {}, outside the years 1 to 9999; expected {}: does the topic's "
                  "`time` name the right unit?",
                  Describe(scalar), Expected(format));
  }
  return *time * unit;
}

}  // namespace

tl::expected<Event, Rejection> AssembleEvent(const RawRecord& record,
                                             const TransactionScalars& scalars, TimeFormat time) {
  const auto customer = CustomerOf(record, scalars[Field::kCustomerId]);
  if (!customer) return tl::unexpected<Rejection>(customer.error());
  Event event;
  event.customer_id = *customer;
  if (auto ok = ReadFields(scalars, event); !ok) return tl::unexpected<Rejection>(ok.error());
  const auto instant = ReadTime(scalars[Field::kEventTime], time);
  if (!instant) return tl::unexpected<Rejection>(instant.error());
  event.event_time_ms = *instant;
  return event;
}

tl::expected<Profile, Rejection> AssembleProfile(const RawRecord& record,
                                                 std::span<const Scalar> scalars,
                                                 std::span<const std::string> attributes) {
  const auto customer = CustomerOf(record, scalars.front());
  if (!customer) return tl::unexpected<Rejection>(customer.error());
  Profile profile{*customer, {}};
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const Scalar& scalar = scalars[i + 1];
    const bool is_number = scalar.type == Type::kNumber || scalar.type == Type::kBool;
    if (scalar.type == Type::kAbsent || (scalar.type == Type::kText && scalar.text.empty()))
      continue;
    if (scalar.type == Type::kOther || (is_number && !std::isfinite(scalar.number))) {
      return BadValue(attributes[i], scalar, "a finite number, a text, true or false");
    }
    profile.attributes.push_back(
        {attributes[i], is_number, scalar.number, is_number ? std::string_view{} : scalar.text});
  }
  return profile;
}

Checked CheckField(Field field, const Scalar& scalar) {
  TransactionScalars scalars;
  scalars[Field::kEventTime] = Scalar::Number(0);
  scalars[Field::kAmount] = Scalar::Number(0);
  scalars[field] = scalar;
  Event event;
  return ReadFields(scalars, event);
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  std::size_t shown = std::min(text.size(), kQuotedMax);
  // Not within a character: its first byte is the one that does not start with the bits 10.
  while (shown > 0 && shown < text.size() && (text[shown] & 0xC0) == 0x80) --shown;
  if (!IsUtf8(text.substr(0, shown)))
    return fmt::format("{} bytes that are not UTF-8", text.size());
  for (const char c : text.substr(0, shown)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    quoted.push_back(control ? '?' : c);
  }
  quoted += shown < text.size() ? "...\"" : "\"";
  return quoted;
}

}  // namespace segmentd::event
