#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "segmentd/base/hash.h"
#include "segmentd/base/time_text.h"
#include "segmentd/pipeline/sample.h"

namespace segmentd::support {

// A value of the samples topic for the eye; equal texts are of equal bytes.
inline std::string SampleText(const std::optional<std::string>& value) {
  if (!value) return "(tombstone)";
  const auto sample = pipeline::DecodeSample(*value);
  if (!sample.ok()) return sample.error().message;
  return fmt::format("as of {} in segment {}: {}", FormatRfc3339(sample->as_of_ms),
                     sample->segment.value(), ContentHash(*value));
}

}  // namespace segmentd::support
