#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/event/event.h"
#include "segmentd/event/raw_record.h"

namespace segmentd::event {

enum class Encoding : std::uint8_t { kJson, kProtobuf };
enum class Framing : std::uint8_t { kNone, kConfluent };
enum class TimeFormat : std::uint8_t { kRfc3339, kSeconds, kMilliseconds };

// Where one of our fields is found in a foreign record: a dotted path ("order.total"), a JSON
// pointer ("/order/total"), or a constant that every record gets. Names are those of the contract.
// Ids and the time differ from record to record, so that they cannot be constants.
struct FieldSource {
  std::string path;
  std::variant<std::monostate, double, std::string> constant;
};

struct Format {
  Encoding encoding = Encoding::kJson;
  Framing framing = Framing::kNone;
  TimeFormat time = TimeFormat::kRfc3339;
  std::int64_t max_bytes = 1 << 20;
  // False: records without a key (lines of a file) are accepted, their value names the customer.
  bool keyed = true;
  // Our field name -> its source. A field not named here is read at the top level by its own name.
  // With Protobuf only constants are allowed: the message is segmentd.v1.Transaction.
  std::map<std::string, FieldSource> fields;
  // Which profile attributes are kept, in plan order; others are ignored.
  std::vector<std::string> profile_attributes;
};

// Bytes to events for one input topic. Framing, size, parsing, key, fields and the time's form are
// checked in that order; too old, from the future and duplicates need the partition's state and are
// the pipeline's. The whole value has to be well-formed, ignored fields too. Null is absent; of a
// field that occurs twice the last counts. The time of Protobuf is in milliseconds, whatever `time`
// says, and absent when it is zero, which the wire cannot tell apart.
// One thread. Views in results live until Reset() or the record's bytes end. Never throws.
class Decoder {
 public:
  // kConfig when the mapping names an unknown field or a path cannot be parsed.
  static Result<std::unique_ptr<Decoder>> Create(const Format& format);
  virtual ~Decoder() = default;

  virtual tl::expected<Event, Rejection> DecodeTransaction(const RawRecord& record) = 0;
  // A null value is a removed profile, not an error.
  virtual tl::expected<Profile, Rejection> DecodeProfile(const RawRecord& record) = 0;
  // Ends the life of every view handed out and reuses its memory: once per batch.
  virtual void Reset() = 0;
};

}  // namespace segmentd::event
