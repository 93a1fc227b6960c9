#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"

namespace segmentd::pipeline {

// A record of the control topic; proto/segmentd/v1/control.proto has the bytes.
struct Erase {
  std::string customer_id;
};
struct Consent {
  std::string customer_id;
};
enum class ControlResult : std::uint8_t { kUnknown, kErased, kAlready, kAdmitted };
std::string_view ControlResultName(ControlResult result);  // "erased"

struct ControlOutcome {
  ControlResult result = ControlResult::kUnknown;
  Partition partition;
  std::int64_t at_ms = 0;
};

struct Control {
  std::string request;  // names it, and never the person
  std::variant<Erase, Consent, ControlOutcome> what;
};

std::string EncodeControl(const Control& control);
// kBadRecord for bytes that are none, kNewer for a later format.
Result<Control> DecodeControl(std::string_view bytes);

// Under what an erased customer's ordinals are kept, so that they go on should it return: a hash of
// app and id that stands where a customer's id would. No customer's id begins with its first byte,
// which is zero.
std::string ErasedKey(std::string_view app, std::string_view customer_id);
bool IsErasedKey(std::string_view id);

}  // namespace segmentd::pipeline
