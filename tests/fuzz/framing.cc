#include <array>

#include "fuzz/decode.h"

namespace segmentd::event {
namespace {

std::unique_ptr<Decoder> Framed(Encoding encoding) {
  Format format;
  format.encoding = encoding;
  format.framing = Framing::kConfluent;
  format.profile_attributes = {"age"};
  return MakeDecoder(format);
}

// The first byte splits the rest into a header with the schema's id and the value; zero: no header.
void Decode(std::string_view bytes) {
  static const std::array<std::unique_ptr<Decoder>, 2> decoders = {Framed(Encoding::kJson),
                                                                   Framed(Encoding::kProtobuf)};
  if (bytes.empty()) return;
  const auto header_size = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  const std::array<Header, 1> headers = {Header{"__value_schema_id", bytes.substr(0, header_size)}};
  RawRecord record;
  record.key = "c42";
  if (header_size > 0) record.headers = headers;
  record.value = bytes.substr(std::min<std::size_t>(header_size, bytes.size()));
  for (const auto& decoder : decoders) CheckRecord(*decoder, record);
}

}  // namespace
}  // namespace segmentd::event

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  segmentd::event::Decode({reinterpret_cast<const char*>(data), size});
  return 0;
}
