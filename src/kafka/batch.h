#pragma once

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <span>
#include <vector>

#include "segmentd/event/raw_record.h"

namespace segmentd::kafka {

// The messages of one poll and the records that point into them. Everything is reused: after the
// first polls a record costs no allocation of ours.
class Batch {
 public:
  Batch() = default;
  ~Batch() { Clear(); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void Clear();
  // Takes up to count_max further messages, waiting until there are as many or timeout_ms is over,
  // and returns the new ones. They live until Clear.
  std::span<rd_kafka_message_t* const> Take(rd_kafka_queue_t* queue, int timeout_ms, int count_max);
  // Shows a message taken as a record.
  void Keep(const rd_kafka_message_t& message, event::Source source);
  // The records kept, in the order of Keep.
  std::span<const event::RawRecord> Records();
  std::size_t size() const { return records_.size(); }

 private:
  struct HeaderRange {
    std::size_t record = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  std::vector<rd_kafka_message_t*> messages_;
  std::size_t taken_ = 0;
  std::vector<event::RawRecord> records_;
  std::vector<event::Header> headers_;
  std::vector<HeaderRange> header_ranges_;
};

}  // namespace segmentd::kafka
