#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace segmentd::pipeline {

// What a batch goes through, for whoever times it: the pipeline itself reads no clock.
enum class Step : std::uint8_t {
  kDecode,
  kFetch,     // of customers' states, which is the caller's: over when they are handed in
  kFeatures,  // duplicates are found, events folded, snapshots taken
  kEncode,    // scaled and embedded
  kAssign,    // compared with all segments
  kExplain    // decided, explained and written
};
inline constexpr int kSteps = 6;
std::string_view StepName(Step step);  // "decode"

// Told as each step ends.
using OnStep = std::function<void(Step)>;

}  // namespace segmentd::pipeline
