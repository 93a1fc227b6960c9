#include "segmentd/base/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace segmentd {

std::uint64_t Hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint32_t Checksum32(std::string_view bytes) {
  return static_cast<std::uint32_t>(Hash64(bytes));
}

std::string ContentHash(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace segmentd
