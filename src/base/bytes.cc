#include "segmentd/base/bytes.h"

#include <bit>
#include <cstring>

namespace segmentd {
namespace {

static_assert(std::endian::native == std::endian::little, "stored integers are little-endian");

template <typename T>
void AppendFixed(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <typename T>
T LoadFixed(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

void ByteWriter::U32(std::uint32_t value) { AppendFixed(out_, value); }
void ByteWriter::U64(std::uint64_t value) { AppendFixed(out_, value); }
void ByteWriter::F64(double value) { AppendFixed(out_, value); }

void ByteWriter::Varint(std::uint64_t value) {
  char bytes[10];
  std::size_t size = 0;
  while (value >= 0x80) {
    bytes[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes[size++] = static_cast<char>(value);
  out_.append(bytes, size);
}

void ByteWriter::Zigzag(std::int64_t value) {
  Varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void ByteWriter::LengthPrefixed(std::string_view bytes) {
  Varint(bytes.size());
  out_.append(bytes);
}

bool ByteReader::Need(std::size_t size) {
  if (ok_ && remaining() >= size) return true;
  ok_ = false;
  at_ = end_;
  return false;
}

std::uint8_t ByteReader::U8() {
  if (!Need(1)) return 0;
  return static_cast<std::uint8_t>(*at_++);
}

std::uint32_t ByteReader::U32() {
  if (!Need(4)) return 0;
  at_ += 4;
  return LoadFixed<std::uint32_t>(at_ - 4);
}

std::uint64_t ByteReader::U64() {
  if (!Need(8)) return 0;
  at_ += 8;
  return LoadFixed<std::uint64_t>(at_ - 8);
}

double ByteReader::F64() {
  if (!Need(8)) return 0;
  at_ += 8;
  return LoadFixed<double>(at_ - 8);
}

std::uint64_t ByteReader::Varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = U8();
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return ok_ ? value : 0;
  }
  ok_ = false;
  at_ = end_;
  return 0;
}

std::int64_t ByteReader::Zigzag() {
  const std::uint64_t value = Varint();
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

std::string_view ByteReader::Bytes(std::size_t size) {
  if (!Need(size)) return {};
  at_ += size;
  return {at_ - size, size};
}

std::string_view ByteReader::LengthPrefixed() {
  const std::uint64_t size = Varint();
  return Bytes(size);
}

}  // namespace segmentd
