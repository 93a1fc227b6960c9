#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kafka/batch.h"
#include "kafka/handle.h"
#include "kafka/health.h"
#include "kafka/metadata.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::kafka {

// Looks at a topic beside its readers, by a client of its own that is made when first needed: it
// waits for no fetch of theirs.
class RecordPeek {
 public:
  explicit RecordPeek(const Connection& connection) : connection_(connection) {}
  ~RecordPeek() { batch_.Clear(); }

  // event::Mark of the record at an offset; nothing where there is none. kRetry: no answer in time.
  Result<std::optional<std::uint64_t>> MarkAt(const std::string& topic, std::int32_t partition,
                                              std::int64_t offset, int timeout_ms);

  // kRetry: no answer in time.
  Result<Watermarks> Range(const std::string& topic, std::int32_t partition, int timeout_ms);

 private:
  Status Open();
  Result<std::optional<std::uint64_t>> Await(const std::string& topic, std::int32_t partition,
                                             std::int64_t offset, int timeout_ms,
                                             std::string_view doing);

  const Connection connection_;
  HealthEvents events_;
  Handle client_;
  QueuePtr queue_;
  Batch batch_;
};

}  // namespace segmentd::kafka
