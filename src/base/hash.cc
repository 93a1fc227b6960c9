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

std::uint32_t Murmur2(std::string_view bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kM = 0x5bd1e995;
  const auto at = [bytes](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  const std::size_t whole = bytes.size() & ~std::size_t{3};
  for (std::size_t i = 0; i < whole; i += 4) {
    std::uint32_t k = at(i) | at(i + 1) << 8 | at(i + 2) << 16 | at(i + 3) << 24;
    k *= kM;
    k ^= k >> 24;
    hash = (hash * kM) ^ (k * kM);
  }
  std::uint32_t rest = 0;
  for (std::size_t i = bytes.size(); i > whole; --i) rest = rest << 8 | at(i - 1);
  if (whole < bytes.size()) hash = (hash ^ rest) * kM;
  hash = (hash ^ hash >> 13) * kM;
  return hash ^ hash >> 15;
}

}  // namespace segmentd
