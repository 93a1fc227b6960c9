#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace segmentd::event {

// One field's value as found, before anyone judged it. This is where the formats meet: readers fill
// scalars, and one set of rules turns them into events.
struct Scalar {
  enum class Type : std::uint8_t { kAbsent, kNumber, kText, kBool, kOther };

  static Scalar Number(double value, std::string_view digits = {}) {
    return {Type::kNumber, value, digits};
  }
  static Scalar Text(std::string_view text) { return {Type::kText, 0, text}; }
  static Scalar Bool(bool value) { return {Type::kBool, value ? 1.0 : 0.0, {}}; }
  static Scalar Other() { return {Type::kOther, 0, {}}; }

  Type type = Type::kAbsent;
  double number = 0;      // infinite: written, but beyond a double
  std::string_view text;  // of a number: its digits as written, where the format has such
};

// What a transaction is read from, in the order in which fields are checked.
enum class Field : std::uint8_t {
  kCustomerId,
  kEventId,
  kEventTime,
  kKind,
  kAmount,
  kQuantity,
  kCategory,
  kChannel,
  kDiscount,
  kCurrency,
};
inline constexpr std::size_t kFieldCount = 10;
inline constexpr std::array<std::string_view, kFieldCount> kFieldNames = {
    "customer_id", "event_id", "event_time", "kind",     "amount",
    "quantity",    "category", "channel",    "discount", "currency"};

class TransactionScalars {
 public:
  Scalar& operator[](Field field) { return scalars_[static_cast<std::size_t>(field)]; }
  const Scalar& operator[](Field field) const { return scalars_[static_cast<std::size_t>(field)]; }
  Scalar* data() { return scalars_.data(); }
  void Clear() { scalars_.fill({}); }

 private:
  std::array<Scalar, kFieldCount> scalars_;
};

}  // namespace segmentd::event
