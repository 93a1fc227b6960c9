#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "segmentd/ports/store.h"

namespace segmentd::runtime {

// The encoded state of one task's customers, written back late: what is not yet committed to Kafka
// ("uncommitted"), what is committed but not yet in the store ("unstored"), and clean copies of
// what the store holds, as many as fit. Dirty ones are never let go of; clean ones go by CLOCK.
//
//   Put -> uncommitted -> Committed() -> unstored -> Stored() -> clean -> evicted by Trim()
//
// One block of memory per customer and 25 to 40 bytes beside it. An empty image says that the
// customer is known not to exist. Views end with the next call that is not const. One thread.
class RecordCache {
 public:
  explicit RecordCache(std::int64_t bytes_max) : bytes_max_(bytes_max) {}

  // Brings what Find and Put of these customers will touch towards the processor, all at once: one
  // by one, each look-up would wait for the memory three times.
  void Prefetch(std::span<const std::string_view> customer_ids);
  // Marks the customer as used.
  std::optional<std::string_view> Find(std::string_view customer_id);
  // A new state of the customer, not yet committed. REQUIRES: the views are not into this cache.
  void Put(std::string_view customer_id, std::string_view image);

  // Visits what is uncommitted, in order of first touch. An error from the visitor ends it.
  using Visitor = std::function<Status(std::string_view customer_id, std::string_view image)>;
  Status VisitUncommitted(const Visitor& visit) const;
  // All that is uncommitted became unstored: call it when Kafka has it.
  void Committed();

  // What a store write takes: ascending by id, a deletion for an empty image.
  // REQUIRES: nothing is uncommitted, else the write would be ahead of Kafka.
  std::vector<ports::StoreWrite::Item> Unstored() const;
  // All that was unstored became clean: call it when the store has it.
  void Stored();

  // Evicts clean customers until the cache is within its limit or none is left.
  void Trim();
  void Clear();
  void SetLimit(std::int64_t bytes_max) { bytes_max_ = bytes_max; }

  std::int64_t bytes_max() const { return bytes_max_; }
  std::int64_t customers() const { return customers_; }
  // All memory held, indexes included.
  std::int64_t bytes() const;
  std::int64_t uncommitted() const { return static_cast<std::int64_t>(uncommitted_.size()); }
  std::int64_t uncommitted_bytes() const { return uncommitted_bytes_; }  // of images
  std::int64_t unstored() const { return static_cast<std::int64_t>(unstored_.size()); }
  std::int64_t unstored_bytes() const { return unstored_bytes_; }  // of blocks

 private:
  // Where an entry is found: the hash's low half tells its home, so that the index moves and grows
  // without a look at the entries.
  struct Slot {
    std::uint32_t entry = kNone;
    std::uint32_t hash = 0;
  };
  // block: the id's length, the id, the image.
  struct Entry {
    std::unique_ptr<char[]> block;
    std::uint32_t image_bytes = 0;
    std::uint32_t capacity_and_marks =
        0;  // block bytes, a multiple of 8; the marks in the low bits
  };
  static constexpr std::uint32_t kNone = UINT32_MAX;

  void PrefetchBlock(std::uint32_t index) const;
  std::size_t SlotOf(std::string_view customer_id, std::uint32_t hash) const;
  std::uint32_t Insert(std::string_view customer_id, std::uint32_t hash, std::size_t slot);
  void Store(std::uint32_t index, std::string_view customer_id, std::string_view image);
  void Evict(std::uint32_t index);
  void GrowIndex();

  std::int64_t bytes_max_;
  std::vector<Slot> slots_;  // a power of two, at most seven eighths used
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> uncommitted_;
  std::vector<std::uint32_t> unstored_;
  std::vector<std::size_t> wanted_;  // by Prefetch: slots
  std::size_t hand_ = 0;             // of the CLOCK, over entries_
  std::int64_t customers_ = 0;
  std::int64_t block_bytes_ = 0;
  std::int64_t uncommitted_bytes_ = 0;
  std::int64_t unstored_bytes_ = 0;
};

}  // namespace segmentd::runtime
