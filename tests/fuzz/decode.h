#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "segmentd/base/assert.h"
#include "segmentd/base/text.h"
#include "segmentd/event/decoder.h"

namespace segmentd::event {

inline std::unique_ptr<Decoder> MakeDecoder(const Format& format) {
  auto decoder = Decoder::Create(format);
  SEGMENTD_ASSERT(decoder.ok(), "a fuzzer's format is valid");
  return std::move(*decoder);
}

inline void CheckText(std::string_view text) {
  SEGMENTD_ASSERT(IsUtf8(text), "every text that leaves a decoder is UTF-8");
}

inline void CheckMagnitude(double value) {
  SEGMENTD_ASSERT(std::isfinite(value) && value >= 0, "magnitudes are finite and not negative");
}

// Decodes the record as a transaction and as a profile: whatever its bytes are, the outcome is an
// event that keeps the promises of event.h, or a reason that a person can read.
inline void CheckRecord(Decoder& decoder, RawRecord record) {
  record.source = Source::kTransactions;
  if (const auto event = decoder.DecodeTransaction(record)) {
    SEGMENTD_ASSERT(!event->customer_id.empty(), "an accepted event has a customer");
    CheckMagnitude(event->amount);
    CheckMagnitude(event->quantity);
    CheckMagnitude(event->discount);
    CheckText(event->customer_id);
    CheckText(event->category);
    CheckText(event->channel);
  } else {
    CheckText(event.error().message);
  }
  record.source = Source::kProfiles;
  if (const auto profile = decoder.DecodeProfile(record)) {
    for (const Attribute& attribute : profile->attributes) {
      SEGMENTD_ASSERT(!attribute.is_number || std::isfinite(attribute.number),
                      "numbers are finite");
      CheckText(attribute.text);
    }
  } else {
    CheckText(profile.error().message);
  }
  decoder.Reset();
}

}  // namespace segmentd::event
