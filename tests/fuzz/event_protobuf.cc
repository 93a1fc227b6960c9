#include "fuzz/decode.h"

namespace segmentd::event {
namespace {

void Decode(std::string_view bytes) {
  Format format;
  format.encoding = Encoding::kProtobuf;
  format.profile_attributes = {"age", "region", "visits", "tier"};
  static const std::unique_ptr<Decoder> decoder = MakeDecoder(format);
  RawRecord record;
  record.key = "c42";
  record.value = bytes;
  CheckRecord(*decoder, record);
}

}  // namespace
}  // namespace segmentd::event

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  segmentd::event::Decode({reinterpret_cast<const char*>(data), size});
  return 0;
}
