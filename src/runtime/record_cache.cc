#include "segmentd/runtime/record_cache.h"

#include <algorithm>
#include <cstring>

#include "segmentd/base/assert.h"
#include "segmentd/base/hash.h"

namespace segmentd::runtime {
namespace {

constexpr std::uint32_t kUsed = 1;
constexpr std::uint32_t kUncommitted = 2;
constexpr std::uint32_t kUnstored = 4;
constexpr std::uint32_t kMarks = kUsed | kUncommitted | kUnstored;
constexpr std::size_t kSlotsMin = 16;
constexpr std::size_t kLineBytes = 64;  // of the processor's caches, all that we know of
constexpr std::size_t kIdLength = sizeof(std::uint32_t);

// What the allocator would round up to anyway: 16 k + 8 bytes, and the 8 it keeps for itself.
constexpr std::size_t kAllocatorBytes = 8;
std::size_t BlockBytes(std::size_t wanted) { return (wanted + 7) / 16 * 16 + 8; }

std::string_view IdOf(const char* block) {
  std::uint32_t size = 0;
  std::memcpy(&size, block, kIdLength);
  return {block + kIdLength, size};
}

std::string_view ImageOf(const char* block, std::uint32_t bytes) {
  const std::string_view id = IdOf(block);
  return {id.data() + id.size(), bytes};
}

}  // namespace

void RecordCache::Prefetch(std::span<const std::string_view> customer_ids) {
  if (slots_.empty()) return;
  const std::size_t mask = slots_.size() - 1;
  wanted_.clear();
  for (const std::string_view id : customer_ids) {
    wanted_.push_back(static_cast<std::uint32_t>(Hash64(id)) & mask);
    __builtin_prefetch(&slots_[wanted_.back()]);
  }
  for (const std::size_t at : wanted_) {
    if (slots_[at].entry != kNone) __builtin_prefetch(&entries_[slots_[at].entry]);
  }
  for (const std::size_t at : wanted_) {
    if (slots_[at].entry != kNone) PrefetchBlock(slots_[at].entry);
  }
}

void RecordCache::PrefetchBlock(std::uint32_t index) const {
  const Entry& entry = entries_[index];
  const char* const block = entry.block.get();
  const std::size_t bytes = entry.capacity_and_marks & ~kMarks;
  for (std::size_t at = 0; at < bytes; at += kLineBytes) __builtin_prefetch(block + at);
}

std::optional<std::string_view> RecordCache::Find(std::string_view customer_id) {
  if (slots_.empty()) return std::nullopt;
  const Slot& slot = slots_[SlotOf(customer_id, static_cast<std::uint32_t>(Hash64(customer_id)))];
  if (slot.entry == kNone) return std::nullopt;
  Entry& entry = entries_[slot.entry];
  entry.capacity_and_marks |= kUsed;
  return ImageOf(entry.block.get(), entry.image_bytes);
}

void RecordCache::Put(std::string_view customer_id, std::string_view image) {
  if (slots_.size() * 7 <= (static_cast<std::size_t>(customers_) + 1) * 8) GrowIndex();
  const auto hash = static_cast<std::uint32_t>(Hash64(customer_id));
  const std::size_t at = SlotOf(customer_id, hash);
  const bool known = slots_[at].entry != kNone;
  const std::uint32_t index = known ? slots_[at].entry : Insert(customer_id, hash, at);
  Entry& entry = entries_[index];
  if ((entry.capacity_and_marks & kUncommitted) != 0) {
    uncommitted_bytes_ -= entry.image_bytes;
  } else {
    uncommitted_.push_back(index);
  }
  Store(index, customer_id, image);
  entry.capacity_and_marks |= kUsed | kUncommitted;
  uncommitted_bytes_ += entry.image_bytes;
}

Status RecordCache::VisitUncommitted(const Visitor& visit) const {
  constexpr std::size_t kAhead = 8;
  for (std::size_t i = 0; i < uncommitted_.size(); ++i) {
    if (i + kAhead < uncommitted_.size()) PrefetchBlock(uncommitted_[i + kAhead]);
    const Entry& entry = entries_[uncommitted_[i]];
    const char* block = entry.block.get();
    SEGMENTD_RETURN_IF_ERROR(visit(IdOf(block), ImageOf(block, entry.image_bytes)));
  }
  return Ok();
}

void RecordCache::Committed() {
  for (const std::uint32_t index : uncommitted_) {
    Entry& entry = entries_[index];
    entry.capacity_and_marks &= ~kUncommitted;
    if ((entry.capacity_and_marks & kUnstored) != 0) continue;
    entry.capacity_and_marks |= kUnstored;
    unstored_.push_back(index);
    unstored_bytes_ += entry.capacity_and_marks & ~kMarks;
  }
  uncommitted_.clear();
  uncommitted_bytes_ = 0;
}

std::vector<ports::StoreWrite::Item> RecordCache::Unstored() const {
  SEGMENTD_ASSERT(uncommitted_.empty(), "the store never gets ahead of Kafka");
  std::vector<ports::StoreWrite::Item> items;
  items.reserve(unstored_.size());
  for (const std::uint32_t index : unstored_) {
    const Entry& entry = entries_[index];
    const char* block = entry.block.get();
    ports::StoreWrite::Item& item = items.emplace_back();
    item.customer_id = IdOf(block);
    if (entry.image_bytes > 0) item.image = ImageOf(block, entry.image_bytes);
  }
  std::sort(items.begin(), items.end(),
            [](const auto& a, const auto& b) { return a.customer_id < b.customer_id; });
  return items;
}

void RecordCache::Stored() {
  for (const std::uint32_t index : unstored_) entries_[index].capacity_and_marks &= ~kUnstored;
  unstored_.clear();
  unstored_bytes_ = 0;
}

void RecordCache::Trim() {
  // Two turns: the first takes back the marks of use, the second finds whatever is clean.
  for (std::size_t steps = 2 * entries_.size(); steps > 0 && bytes() > bytes_max_; --steps) {
    if (hand_ >= entries_.size()) hand_ = 0;
    const auto index = static_cast<std::uint32_t>(hand_++);
    Entry& entry = entries_[index];
    if (entry.block == nullptr || (entry.capacity_and_marks & (kUncommitted | kUnstored)) != 0) {
      continue;
    }
    if ((entry.capacity_and_marks & kUsed) != 0) {
      entry.capacity_and_marks &= ~kUsed;
    } else {
      Evict(index);
    }
  }
}

void RecordCache::Clear() {
  const std::int64_t bytes_max = bytes_max_;
  *this = RecordCache(bytes_max);
}

std::int64_t RecordCache::bytes() const {
  const std::size_t indexes =
      slots_.capacity() * sizeof(Slot) + entries_.capacity() * sizeof(Entry) +
      (free_.capacity() + uncommitted_.capacity() + unstored_.capacity()) * sizeof(std::uint32_t);
  return static_cast<std::int64_t>(indexes) + block_bytes_ +
         customers_ * static_cast<std::int64_t>(kAllocatorBytes);
}

// The slot of the customer, or the empty one where it would go.
std::size_t RecordCache::SlotOf(std::string_view customer_id, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].entry != kNone) {
    if (slots_[at].hash == hash && IdOf(entries_[slots_[at].entry].block.get()) == customer_id) {
      break;
    }
    at = (at + 1) & mask;
  }
  return at;
}

std::uint32_t RecordCache::Insert(std::string_view customer_id, std::uint32_t hash,
                                  std::size_t slot) {
  SEGMENTD_ASSERT(customer_id.size() < UINT32_MAX / 2, "a customer id came in one Kafka record");
  std::uint32_t index = 0;
  if (free_.empty()) {
    // By a quarter, not by half as much again: this vector is part of the overhead per customer.
    if (entries_.size() == entries_.capacity()) entries_.reserve(entries_.size() * 5 / 4 + 16);
    index = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  slots_[slot] = {index, hash};
  ++customers_;
  return index;
}

// Puts the bytes into the entry's block, into a new one when they do not fit or leave half unused.
void RecordCache::Store(std::uint32_t index, std::string_view customer_id, std::string_view image) {
  Entry& entry = entries_[index];
  const std::uint32_t old = entry.capacity_and_marks & ~kMarks;
  const std::size_t needed = BlockBytes(kIdLength + customer_id.size() + image.size());
  SEGMENTD_ASSERT(needed < UINT32_MAX, "a customer's state fits one Kafka record");
  if (needed > old || needed < old / 2) {
    const auto fresh = static_cast<std::uint32_t>(needed);
    entry.block.reset(new char[needed]);
    const auto id_bytes = static_cast<std::uint32_t>(customer_id.size());
    std::memcpy(entry.block.get(), &id_bytes, kIdLength);
    std::memcpy(entry.block.get() + kIdLength, customer_id.data(), customer_id.size());
    entry.capacity_and_marks = fresh | (entry.capacity_and_marks & kMarks);
    block_bytes_ += static_cast<std::int64_t>(fresh) - old;
    if ((entry.capacity_and_marks & kUnstored) != 0) {
      unstored_bytes_ += static_cast<std::int64_t>(fresh) - old;
    }
  }
  if (!image.empty()) {
    std::memcpy(entry.block.get() + kIdLength + customer_id.size(), image.data(), image.size());
  }
  entry.image_bytes = static_cast<std::uint32_t>(image.size());
}

void RecordCache::Evict(std::uint32_t index) {
  Entry& entry = entries_[index];
  const std::string_view id = IdOf(entry.block.get());
  std::size_t hole = SlotOf(id, static_cast<std::uint32_t>(Hash64(id)));
  const std::size_t mask = slots_.size() - 1;
  // Moves up whatever would otherwise no longer be reached from its home.
  for (std::size_t at = (hole + 1) & mask; slots_[at].entry != kNone; at = (at + 1) & mask) {
    const std::size_t home = slots_[at].hash & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = {};
  block_bytes_ -= entry.capacity_and_marks & ~kMarks;
  entry = {};
  free_.push_back(index);
  --customers_;
}

void RecordCache::GrowIndex() {
  std::vector<Slot> old(std::max(slots_.size() * 2, kSlotsMin));
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.entry == kNone) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].entry != kNone) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

}  // namespace segmentd::runtime
