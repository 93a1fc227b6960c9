#include <simdjson.h>

#include <algorithm>

#include "fuzz/decode.h"

namespace segmentd::event {
namespace {

// Reads the contract's own fields, but for two that lie deeper.
Format Mapped() {
  Format format;
  format.fields["amount"] = {"order.lines.0.net", {}};
  format.fields["category"] = {"/order/category", {}};
  format.profile_attributes = {"age", "region"};
  return format;
}

// A parser that builds the whole tree has to agree on what is an object of JSON; it only refuses
// some numbers that are well-formed, and takes deeper nesting.
void CompareWithTree(std::string_view bytes, bool malformed) {
  static simdjson::dom::parser parser;
  simdjson::dom::object object;
  const auto error = parser.parse(bytes.data(), bytes.size()).get(object);
  const bool number = error == simdjson::NUMBER_ERROR || error == simdjson::NUMBER_OUT_OF_RANGE;
  const bool deep =
      std::count(bytes.begin(), bytes.end(), '[') + std::count(bytes.begin(), bytes.end(), '{') >
      128;
  if (number || deep) return;
  SEGMENTD_ASSERT(malformed == (error != simdjson::SUCCESS), "malformed is what is not JSON");
}

void Decode(std::string_view bytes) {
  // Fresh ones, for a decoder remembers whether its topic's records are flat.
  const std::unique_ptr<Decoder> plain = MakeDecoder({});
  const std::unique_ptr<Decoder> mapped = MakeDecoder(Mapped());
  RawRecord record;
  record.key = "c42";
  record.value = bytes;
  for (Decoder* decoder : {plain.get(), mapped.get()}) {
    CheckRecord(*decoder, record);
    CheckRecord(*decoder, record);
  }
  const auto event = plain->DecodeTransaction(record);
  if (!event && event.error().code == RejectCode::kUnexpectedFraming) return;
  CompareWithTree(bytes, !event && event.error().code == RejectCode::kMalformed);
}

}  // namespace
}  // namespace segmentd::event

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  segmentd::event::Decode({reinterpret_cast<const char*>(data), size});
  return 0;
}
