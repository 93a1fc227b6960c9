#include "assemble.h"

#include <cmath>

#include "event_time.h"
#include "segmentd/base/hash.h"
#include "segmentd/base/text.h"

namespace segmentd::event {
namespace {

using Type = Scalar::Type;

tl::unexpected<Rejection> BadValue(std::string_view field, const Scalar& found,
                                   std::string_view expected) {
  return Refuse(RejectCode::kBadValue, "{} is {}; expected {}", field, Describe(found), expected);
}

bool IsInteger(std::string_view digits) {
  return !digits.empty() && digits.find_first_not_of("-0123456789") == std::string_view::npos;
}

// The customer's id, always as a view of the key: an id in the value is equal to it or refused.
Checked CustomerOf(std::optional<std::string_view> key, const Scalar& id,
                   std::string_view& customer) {
  if (!key.has_value()) {
    return Refuse(RejectCode::kKeyMismatch,
                  "the record has no key; produce it with the customer_id as its key");
  }
  if (id.type == Type::kAbsent) {
    if (!IsUtf8(*key)) {
      return Refuse(RejectCode::kBadValue, "the key is not UTF-8; it has to be the customer_id");
    }
  } else if (id.type != Type::kText && !(id.type == Type::kNumber && IsInteger(id.text))) {
    return BadValue("customer_id", id, "a text or a whole number");
  } else if (id.text != *key) {
    return Refuse(
        RejectCode::kKeyMismatch,
        "the key is {} but the customer_id is {}; produce the record with the customer_id "
        "as its key",
        Quote(*key), Quote(id.text));
  }
  if (key->empty()) return Refuse(RejectCode::kBadValue, "the customer_id is empty");
  customer = *key;
  return {};
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

// Quantities and discounts; the absolute value takes the sign off a zero. No sum counts those of a
// refund, and many shops write both sides of one as negative.
Checked ReadMagnitude(std::string_view field, const Scalar& scalar, Kind kind, double& out) {
  const double least = kind == Kind::kPurchase ? 0 : -INFINITY;
  return ReadNumber(field, scalar, least, out).map([&] { out = std::fabs(out); });
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
  const Kind kind = event.kind;
  if (auto ok = ReadMagnitude("quantity", scalars[Field::kQuantity], kind, event.quantity); !ok)
    return ok;
  if (auto ok = ReadName("category", scalars[Field::kCategory], event.category); !ok) return ok;
  if (auto ok = ReadName("channel", scalars[Field::kChannel], event.channel); !ok) return ok;
  // Told to people, and in no feature: what is none is left out.
  const Scalar& currency = scalars[Field::kCurrency];
  if (currency.type == Type::kText) event.currency = currency.text;
  return ReadMagnitude("discount", scalars[Field::kDiscount], kind, event.discount);
}

}  // namespace

Checked AssembleEvent(std::optional<std::string_view> key, const TransactionScalars& scalars,
                      TimeFormat time, Event& event) {
  auto ok = CustomerOf(key, scalars[Field::kCustomerId], event.customer_id);
  if (ok) ok = ReadFields(scalars, event);
  if (ok) ok = ReadTime(scalars[Field::kEventTime], time, event.event_time_ms);
  return ok;
}

Checked AssembleProfile(std::optional<std::string_view> key, std::span<const Scalar> scalars,
                        std::span<const std::string> attributes, Profile& profile) {
  if (auto ok = CustomerOf(key, scalars.front(), profile.customer_id); !ok) return ok;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const Scalar& scalar = scalars[i + 1];
    const bool is_number = scalar.type == Type::kNumber || scalar.type == Type::kBool;
    const bool is_nothing =
        scalar.type == Type::kAbsent || (scalar.type == Type::kText && scalar.text.empty());
    if (is_nothing) continue;
    if (scalar.type == Type::kOther || (is_number && !std::isfinite(scalar.number))) {
      return BadValue(attributes[i], scalar, "a finite number, a text, true or false");
    }
    profile.attributes.push_back(
        {attributes[i], is_number, scalar.number, is_number ? std::string_view{} : scalar.text});
  }
  return {};
}

Checked CheckField(Field field, const Scalar& scalar) {
  TransactionScalars scalars;
  scalars[Field::kEventTime] = Scalar::Number(0);
  scalars[Field::kAmount] = Scalar::Number(0);
  scalars[field] = scalar;
  Event event;
  return ReadFields(scalars, event);
}

}  // namespace segmentd::event
