#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "segmentd/base/result.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::kafka {

// Writes to one topic under a transactional id that one process has at a time: the last one to
// claim it. For records that may be written again after a failure, as those of a compacted topic
// may. One thread.
class FencedWriter {
 public:
  struct Record {
    std::string_view key;
    std::optional<std::string_view> value;  // nothing: a tombstone
  };

  // Contacts nobody.
  static Result<FencedWriter> Open(const Connection& connection, const std::string& topic,
                                   const std::string& transactional_id);
  FencedWriter(FencedWriter&&) noexcept;
  FencedWriter& operator=(FencedWriter&&) noexcept;
  ~FencedWriter();

  // Takes the id from whoever has it. kRetry: brokers away.
  Status Claim();
  // All of them or none, to partition 0. kFenced: somebody else has the id, and nothing was
  // written; any other error: perhaps they were. After an error the id has to be claimed again.
  Status Write(std::span<const Record> records);

 private:
  struct Body;
  explicit FencedWriter(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::kafka
