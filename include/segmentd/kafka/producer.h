#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/event/raw_record.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::kafka {

// Writes records to one topic: generators, tools, tests. Idempotent, not transactional. One thread.
class Producer {
 public:
  // Contacts nobody. bytes_max bounds what is queued.
  static Result<Producer> Open(const Connection& connection, const std::string& topic,
                               std::int64_t bytes_max = 64 << 20);
  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;
  // Drops what Flush has not seen delivered.
  ~Producer();

  struct Record {
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;  // nothing: a tombstone
    std::optional<Partition> partition;     // else as Java's clients choose it: murmur2 of the key
    std::optional<std::int64_t> timestamp_ms;  // else now
    std::span<const event::Header> headers;
  };
  // Copies the record; waits while the queue is full. kRetry: it stayed full for 30 s, nothing was
  // taken. kBadRecord: too large. kConfig: no such partition.
  Status Send(const Record& record);

  // Waits until everything is stored. kRetry: not within timeout_ms, call again. kFatal: records
  // were lost; the message has the first reason and their number.
  Status Flush(std::int64_t timeout_ms = 30'000);

 private:
  struct Body;
  explicit Producer(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::kafka
