#pragma once

#include <cstdint>
#include <span>

#include "segmentd/event/event.h"
#include "segmentd/feature/record.h"

namespace segmentd::feature {

// Names that a model has frozen (hashes): they always get a slot in the record, if need be that of
// the smallest other name, whose sum then counts as other.
struct FrozenNames {
  std::span<const std::uint64_t> categories;
  std::span<const std::uint64_t> channels;
};

enum class FoldResult : std::uint8_t { kApplied, kLate, kDuplicate };

// Adds one event to a customer's history, in constant time, in place. kLate: applied, but its time
// is before the record's as_of, which stays. kDuplicate: its id is among the 32 newest; nothing
// changed.
FoldResult Fold(const event::Event& event, const FrozenNames& frozen, Record& record);

// Whether Fold would find it a duplicate.
bool IsDuplicate(const event::Event& event, const Record& record);

// Replaces the profile attributes; whether any is another now.
bool FoldProfile(const event::Profile& profile, Record& record);

}  // namespace segmentd::feature
