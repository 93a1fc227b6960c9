#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace segmentd {

// Appends to a string that the caller keeps and reuses. Integers are little-endian; varints are
// LEB128, signed ones zigzag.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void U8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void U32(std::uint32_t value);
  void U64(std::uint64_t value);
  void F64(double value);
  void Varint(std::uint64_t value);
  void Zigzag(std::int64_t value);
  void Bytes(std::string_view bytes) { out_.append(bytes); }
  void LengthPrefixed(std::string_view bytes);
  std::size_t size() const { return out_.size(); }

 private:
  std::string& out_;
};

// Reads what ByteWriter wrote. Every call past the end yields zero and makes ok() false for good,
// so that a decoder checks once, at its end. Never reads outside the given bytes.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t U8();
  std::uint32_t U32();
  std::uint64_t U64();
  double F64();
  std::uint64_t Varint();
  std::int64_t Zigzag();
  std::string_view Bytes(std::size_t size);
  std::string_view LengthPrefixed();

  bool ok() const { return ok_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }

 private:
  bool Need(std::size_t size);

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace segmentd
