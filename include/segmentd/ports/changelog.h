#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"

namespace segmentd::ports {

// Changelog keys: one kind byte, then the rest. DO NOT CHANGE.
inline constexpr char kCustomerKey = 'c';  // 'c' + customer id -> EncodeCustomer, or a tombstone
inline constexpr char kMetaKey = 'm';      // "m" -> EncodeMeta, one per partition and commit

// Reads one partition of the changelog topic, read_committed.
class ChangelogReader {
 public:
  virtual ~ChangelogReader() = default;

  struct Range {
    Offset low;
    Offset end;  // the high watermark, open transactions included
  };
  virtual Result<Range> QueryRange(Partition partition) = 0;

  // value is null for a tombstone. An error from the visitor ends the replay with it.
  using Visitor =
      std::function<Status(Offset offset, std::string_view key, const std::string_view* value)>;
  // Visits every committed record in [from, end) in order. Returns the offset reached (>= end).
  // Ends by position, never by counting records: markers and compaction leave gaps. kRetry: no
  // progress for a while, or an open transaction holds the end back; call again from where it
  // stood.
  virtual Result<Offset> Replay(Partition partition, Offset from, Offset end,
                                const Visitor& visit) = 0;
  // Drops what was fetched ahead for a replay that would have gone on where the last one ended.
  virtual void Release() {}
};

}  // namespace segmentd::ports
