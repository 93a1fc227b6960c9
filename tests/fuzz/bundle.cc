#include "segmentd/model/bundle.h"

#include <cstddef>
#include <cstdint>

#include "segmentd/base/assert.h"
#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"
#include "segmentd/pipeline/model.h"

namespace segmentd::model {
namespace {

// A bundle that is accepted is consistent: it loads, and has one form.
void Decode(std::string_view bytes) {
  const auto bundle = DecodeBundle(bytes);
  if (!bundle.ok()) return;
  const std::string written = EncodeBundle(*bundle);
  const auto again = DecodeBundle(written);
  SEGMENTD_ASSERT(again.ok(), "what is written can be read");
  SEGMENTD_ASSERT(EncodeBundle(*again) == written, "same bundle, same bytes");
  static_cast<void>(pipeline::Model::Load(bytes));
}

// With a head and a checksum that fit, or nothing else would be tried.
std::string Sealed(std::string_view body) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Bytes("SEGMODEL");
  out.U32(1);
  out.U64(body.size());
  out.Bytes(body);
  out.U32(Checksum32(bytes));
  return bytes;
}

}  // namespace
}  // namespace segmentd::model

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  segmentd::model::Decode(bytes);
  segmentd::model::Decode(segmentd::model::Sealed(bytes));
  return 0;
}
