#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace segmentd {

// XXH3 with the fixed seed 0. DO NOT CHANGE: stored records hold its results (event ids, names).
std::uint64_t Hash64(std::string_view bytes);
// The low 32 bits of Hash64, used as checksum of stored bytes. DO NOT CHANGE.
std::uint32_t Checksum32(std::string_view bytes);
// 128 bits as 32 lower-case hexadecimal digits: the name of immutable content.
std::string ContentHash(std::string_view bytes);
// As Kafka's Java producers hash a key: its low 31 bits modulo the number of partitions is where
// they send the record.
std::uint32_t Murmur2(std::string_view bytes);

}  // namespace segmentd
