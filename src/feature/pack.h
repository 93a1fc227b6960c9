#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "segmentd/feature/money.h"

namespace segmentd::feature {

// How an amount is stored, in the low two bits of its varint. DO NOT CHANGE.
enum class MoneyForm : std::uint8_t { kWhole = 0, kCents = 1, kDecimals = 2, kRaw = 3 };

inline bool SameBits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// An amount as a number of cents, if it is exactly that: REQUIRES room for one number.
inline bool ToCents(double value, std::uint64_t& cents) {
  if (!(value >= 0) || value >= kDecimalLimit) return false;
  const double rounded = RoundWhole(value * 100);
  cents = static_cast<std::uint64_t>(static_cast<std::int64_t>(rounded));
  return SameBits(rounded / 100, value);
}

inline double FromCents(std::uint64_t cents) {
  return static_cast<double>(static_cast<std::int64_t>(cents)) / 100;
}

// Writes into a buffer that the caller made large enough.
class Packer {
 public:
  explicit Packer(char* at) : begin_(at), at_(at) {}

  std::string_view packed() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

  template <typename T>
  void Fixed(T value) {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }
  void Varint(std::uint64_t value) {
    while (value >= 0x80) {
      *at_++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *at_++ = static_cast<char>(value);
  }
  void Zigzag(std::int64_t value) {
    Varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void Money(double value) {
    constexpr double kWholeLimit = 1e15;
    if (value >= 0 && value < kWholeLimit) {
      const std::int64_t whole = static_cast<std::int64_t>(value);
      if (SameBits(static_cast<double>(whole), value)) {
        return Tagged(static_cast<std::uint64_t>(whole), MoneyForm::kWhole);
      }
      std::uint64_t cents;
      if (ToCents(value, cents)) return Tagged(cents, MoneyForm::kCents);
    }
    if (std::abs(value) < kDecimalLimit) {
      const double scaled = RoundWhole(value * 1e4);
      if (SameBits(scaled / 1e4, value)) {
        const std::int64_t n = static_cast<std::int64_t>(scaled);
        const std::uint64_t zigzag =
            (static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63);
        return Tagged(zigzag, MoneyForm::kDecimals);
      }
    }
    Tagged(0, MoneyForm::kRaw);
    Fixed(value);
  }

 private:
  void Tagged(std::uint64_t value, MoneyForm form) {
    Varint(value << 2 | static_cast<std::uint64_t>(form));
  }

  char* begin_;
  char* at_;
};

// Reads what Packer wrote. Past the end, and for what Packer never writes, ok() turns false for
// good and zeros come out. Never reads outside the given bytes; no number that comes out is not
// finite.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes)
      : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  bool ok() const { return ok_; }
  std::size_t used() const { return static_cast<std::size_t>(at_ - begin_); }
  // Notes that what was read cannot be.
  void Check(bool sane) { ok_ = ok_ && sane; }

  template <typename T>
  T Fixed() {
    T value{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof value) {
      Check(false);
      return value;
    }
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  double Finite() {
    const double value = Fixed<double>();
    Check(std::isfinite(value));
    return value;
  }
  std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const std::uint8_t byte = static_cast<std::uint8_t>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    Check(false);
    return 0;
  }
  std::int64_t Zigzag() { return Unzigzag(Varint()); }
  double Money() {
    const std::uint64_t tagged = Varint();
    switch (static_cast<MoneyForm>(tagged & 3)) {
      case MoneyForm::kWhole:
        return static_cast<double>(static_cast<std::int64_t>(tagged >> 2));
      case MoneyForm::kCents:
        return FromCents(tagged >> 2);
      case MoneyForm::kDecimals:
        return static_cast<double>(Unzigzag(tagged >> 2)) / 1e4;
      case MoneyForm::kRaw:
        break;
    }
    return Finite();
  }

 private:
  static std::int64_t Unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace segmentd::feature
