#include "segmentd/pipeline/control.h"

#include <cstddef>
#include <cstdint>

#include "segmentd/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using segmentd::pipeline::DecodeControl;
  using segmentd::pipeline::EncodeControl;
  const auto control = DecodeControl({reinterpret_cast<const char*>(data), size});
  if (!control.ok()) return 0;
  const std::string written = EncodeControl(*control);
  const auto again = DecodeControl(written);
  SEGMENTD_ASSERT(again.ok() && EncodeControl(*again) == written,
                  "a request that was read can be written");
  if (const auto* outcome = std::get_if<segmentd::pipeline::ControlOutcome>(&control->what)) {
    SEGMENTD_ASSERT(!segmentd::pipeline::ControlResultName(outcome->result).empty(),
                    "what became of a request has a name");
  }
  return 0;
}
