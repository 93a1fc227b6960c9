#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "reject.h"
#include "scalar.h"
#include "segmentd/event/decoder.h"

namespace segmentd::event {

// The rules of the input contract, whatever the encoding: key, then fields, then time. The views of
// the result are those of the key and of the scalars. A refusal leaves it half filled.
Checked AssembleEvent(std::optional<std::string_view> key, const TransactionScalars& scalars,
                      TimeFormat time, Event& event);

// scalars[0] is the customer_id; scalars[i + 1] belongs to attributes[i], whose names are viewed.
Checked AssembleProfile(std::optional<std::string_view> key, std::span<const Scalar> scalars,
                        std::span<const std::string> attributes, Profile& profile);

// Whether a transaction could have `scalar` in `field` at all: what a constant must pass.
Checked CheckField(Field field, const Scalar& scalar);

}  // namespace segmentd::event
