#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kafka/batch.h"
#include "kafka/handle.h"
#include "kafka/health.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::kafka {

// Looks at single records, by a client of its own that is made when first needed.
class RecordPeek {
 public:
  explicit RecordPeek(const Connection& connection) : connection_(connection) {}
  ~RecordPeek() { batch_.Clear(); }

  // event::Mark of the record at an offset; nothing where there is none. kRetry: no answer in time.
  Result<std::optional<std::uint64_t>> MarkAt(const std::string& topic, std::int32_t partition,
                                              std::int64_t offset, int timeout_ms);

 private:
  Status Open();
  Result<std::optional<std::uint64_t>> Await(std::int32_t partition, std::int64_t offset,
                                             int timeout_ms, std::string_view doing);

  const Connection connection_;
  HealthEvents events_;
  Handle client_;
  QueuePtr queue_;
  Batch batch_;
};

}  // namespace segmentd::kafka
