#include "framing.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "segmentd/base/bytes.h"

namespace segmentd::event {
namespace {

constexpr char kMagicId = 0;    // then 4 bytes of schema id
constexpr char kMagicGuid = 1;  // then 16 bytes of schema GUID
constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kGuidBytes = 16;
constexpr std::string_view kHeader = "__value_schema_id";
// Nesting of messages in a schema; event.proto has none.
constexpr std::int64_t kIndexesMax = 16;

bool StartsLikeAFrame(std::string_view value) {
  return !value.empty() && (value.front() == kMagicId || value.front() == kMagicGuid);
}

// Which message of its schema follows: a count and that many indexes, all zigzag; a lone zero
// stands for the first message. Empty: not such a list.
std::vector<std::int64_t> ReadMessageIndexes(ByteReader& in) {
  const std::int64_t count = in.Zigzag();
  if (!in.ok() || count < 0 || count > kIndexesMax) return {};
  if (count == 0) return {0};
  std::vector<std::int64_t> indexes(static_cast<std::size_t>(count));
  for (std::int64_t& index : indexes) index = in.Zigzag();
  return in.ok() ? indexes : std::vector<std::int64_t>{};
}

// Transaction is the first message of event.proto and Profile the second; a schema that holds the
// profile alone has it first.
Checked CheckMessage(Source source, const std::vector<std::int64_t>& indexes) {
  if (indexes.empty()) {
    return RefuseDecode(RejectCode::kMalformed,
                        "the frame ends within its list of message indexes, or the list is none");
  }
  const std::int64_t last = source == Source::kProfiles ? 1 : 0;
  if (indexes.size() == 1 && indexes.front() >= 0 && indexes.front() <= last) return {};
  return RefuseDecode(RejectCode::kUnknownSchema,
                      "the frame names message {} of its schema; expected {}",
                      fmt::join(indexes, "."),
                      last == 0 ? "0, segmentd.v1.Transaction" : "1, segmentd.v1.Profile (or 0)");
}

// Reads magic, schema id and, of Protobuf, the message; leaves `in` at the bytes behind them.
Checked ReadFrame(const Format& format, Source source, ByteReader& in) {
  const bool guid = in.U8() == kMagicGuid;
  in.Bytes(guid ? kGuidBytes : kIdBytes);
  if (!in.ok()) {
    return RefuseDecode(RejectCode::kMalformed,
                        "the value ends within its Confluent frame: it takes {} bytes",
                        1 + (guid ? kGuidBytes : kIdBytes));
  }
  if (format.encoding != Encoding::kProtobuf) return {};
  return CheckMessage(source, ReadMessageIndexes(in));
}

// The schema's id may travel in a header, in any of the forms of a frame; the value is bare then.
// Ids are not looked up, so that a header of another form says nothing that could be wrong.
Checked CheckHeader(const Format& format, Source source, std::string_view header) {
  const bool names_message =
      StartsLikeAFrame(header) &&
      header.size() > 1 + (header.front() == kMagicGuid ? kGuidBytes : kIdBytes);
  if (!names_message) return {};
  ByteReader in(header);
  return ReadFrame(format, source, in);
}

}  // namespace

Checked Unframe(const Format& format, const RawRecord& record, std::string_view& body) {
  body = *record.value;
  if (format.framing == Framing::kNone) {
    if (!StartsLikeAFrame(body)) return {};
    return RefuseDecode(RejectCode::kUnexpectedFraming,
                        "the value starts with byte 0x{:02x}, as Confluent serializers frame it; "
                        "set `framing: confluent` for this topic",
                        static_cast<unsigned char>(body.front()));
  }
  const auto header = std::find_if(record.headers.begin(), record.headers.end(),
                                   [](const Header& h) { return h.name == kHeader; });
  if (header != record.headers.end()) return CheckHeader(format, record.source, header->value);
  if (!StartsLikeAFrame(body)) {
    return RefuseDecode(RejectCode::kMalformed,
                        "the value does not start with a Confluent frame (0x00 or 0x01); set "
                        "`framing: none` for this topic if its values are bare");
  }
  ByteReader in(body);
  if (auto ok = ReadFrame(format, record.source, in); !ok) return ok;
  body.remove_prefix(body.size() - in.remaining());
  return {};
}

}  // namespace segmentd::event
