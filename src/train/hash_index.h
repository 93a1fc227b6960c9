#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace segmentd::train {

// Numbers 64-bit hashes in the order of their first appearance: open addressing, no deletion. Two
// texts of one hash count as one; below a hundred million texts that is not to be expected.
class HashIndex {
 public:
  HashIndex() : slots_(1024) {}

  // The number of a hash, and whether it is new. Amortised O(1).
  std::pair<std::uint32_t, bool> Insert(std::uint64_t hash) {
    if ((count_ + 1) * 2 > slots_.size()) Grow();
    Slot& slot = Find(hash);
    if (slot.number != kFree) return {slot.number, false};
    slot = {hash, count_};
    return {count_++, true};
  }

  // Brings the place of a hash near, for an Insert soon.
  void Prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }

  std::uint32_t size() const { return count_; }

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t number = kFree;
  };

  Slot& Find(std::uint64_t hash) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].number != kFree && slots_[at].hash != hash) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return slots_[at];
  }

  void Grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.number != kFree) Find(slot.hash) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::uint32_t count_ = 0;
};

}  // namespace segmentd::train
