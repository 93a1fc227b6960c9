#include <cstddef>
#include <cstdint>
#include <string_view>

#include "segmentd/base/assert.h"
#include "segmentd/model/distribution.h"

// The first byte chooses the key, the rest is the value; then whatever came of it is asked for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kVersion = "0123456789abcdef";
  static constexpr std::string_view kKeys[] = {"a/active", "a/pin", "a/decision/0123456789abcdef",
                                               "a/0123456789abcdef/0", "a/0123456789abcdef"};
  if (size == 0) return 0;
  segmentd::model::ModelTopic topic("a");
  const std::string_view value(reinterpret_cast<const char*>(data + 1), size - 1);
  static_cast<void>(topic.Take(kKeys[data[0] % std::size(kKeys)], &value));
  static_cast<void>(topic.Take("a/0123456789abcdef/0", &value));
  static_cast<void>(topic.Candidates());
  const auto encoded = topic.Assemble(kVersion);
  SEGMENTD_ASSERT(
      !encoded.ok() || encoded->size() == topic.manifests().at(std::string(kVersion)).bytes,
      "a model that is whole has the size that was told");
  return 0;
}
