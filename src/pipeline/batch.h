#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "segmentd/event/event.h"
#include "segmentd/event/raw_record.h"
#include "segmentd/pipeline/deadlines.h"
#include "segmentd/pipeline/pipeline.h"

namespace segmentd::pipeline {

inline constexpr std::uint32_t kNoColumn = UINT32_MAX;

// One record of the batch after decoding. Apply fills in the rest.
struct Item {
  std::variant<event::Event, event::Profile, event::Rejection> what;
  std::uint32_t customer = 0;        // index into customers; meaningless for a rejection
  std::uint32_t column = kNoColumn;  // of the snapshot after the event
  std::uint32_t before = kNoColumn;  // of the snapshot before it, for a customer no model has seen
  bool late = false;
  bool first = false;    // the customer's first accepted event
  bool sampled = false;  // the next of samples is behind it
};

// What happens to a customer in front of an item, or behind the last, without an event: a timer
// fires, or the customer follows a change of model.
struct Firing {
  std::size_t before = 0;  // index into items
  std::uint32_t customer = 0;
  std::uint32_t column = kNoColumn;  // of the snapshot as of the deadline; none for an expiry
  Deadline deadline;
  bool follows = false;
  bool sampled = false;
  bool over = false;  // the customer expired behind it: its record is another life's
};

struct Batch::Body {
  Partition partition;
  std::span<const event::RawRecord> records;
  std::vector<Item> items;         // one per record
  std::vector<Firing> firings;     // in order
  std::vector<OutRecord> samples;  // in the order of what they are of
  std::vector<std::string_view> customers;
  std::string image;  // of a record, for a moment

  void Start(std::span<const event::RawRecord> from);
  // A batch without records.
  void Start(Partition of) {
    Start(std::span<const event::RawRecord>());
    partition = of;
  }
  // The index of a customer, added at its first appearance.
  std::uint32_t Customer(std::string_view id);

 private:
  std::vector<std::uint32_t> table_;  // open addressing: index + 1 into customers, 0 = free
};

}  // namespace segmentd::pipeline
