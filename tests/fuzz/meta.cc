#include <cstddef>
#include <cstdint>

#include "segmentd/base/assert.h"
#include "segmentd/ports/store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using segmentd::ports::DecodeMeta;
  const auto meta = DecodeMeta({reinterpret_cast<const char*>(data), size});
  if (!meta.ok()) return 0;
  const auto again = DecodeMeta(segmentd::ports::EncodeMeta(*meta));
  SEGMENTD_ASSERT(again.ok() && *again == *meta, "a position that was read can be written");
  return 0;
}
