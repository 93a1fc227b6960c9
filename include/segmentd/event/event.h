#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace segmentd::event {

enum class Kind : std::uint8_t { kPurchase, kRefund, kVisit };

// One accepted transaction. Views point into the record's bytes or the decoder's arena and end with
// the batch.
struct Event {
  std::string_view customer_id;
  std::int64_t event_time_ms = 0;
  Kind kind = Kind::kPurchase;
  // Hash64 of event_id; without one the event is never a duplicate.
  bool has_id = false;
  std::uint64_t id_hash = 0;
  // Magnitudes in the input's currency: never negative, always finite.
  double amount = 0;
  double quantity = 1;
  double discount = 0;
  // Empty: the event names none. The currency is for words alone: sums know nothing of it.
  std::string_view category;
  std::string_view channel;
  std::string_view currency;
};

// One attribute of a customer's profile: a number or a name.
struct Attribute {
  std::string_view name;
  bool is_number = false;
  double number = 0;
  std::string_view text;
};

// Attributes replace what was known of the customer; a removed profile has none.
struct Profile {
  std::string_view customer_id;
  std::vector<Attribute> attributes;
};

// Why a record was refused: stable codes, part of the contract.
enum class RejectCode : std::uint8_t {
  kMalformed,
  kMissingField,
  kBadValue,
  kBadTime,
  kTooOld,
  kFromFuture,
  kKeyMismatch,
  kTooLarge,
  kUnknownSchema,
  kUnexpectedFraming,
  kOutputTooLarge,
  kCrashed,
};

std::string_view RejectCodeName(RejectCode code);  // "missing_field"

// The step that refused: decode | validate | apply | emit.
enum class Stage : std::uint8_t { kDecode, kValidate, kApply, kEmit };

std::string_view StageName(Stage stage);

struct Rejection {
  RejectCode code;
  Stage stage;
  std::string message;  // for a person: what was found where, and what was expected
};

}  // namespace segmentd::event
