#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "segmentd/base/result.h"

namespace segmentd::train {

// A file's bytes in order, uncompressed.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // How many bytes were put to the front of `out`; 0 only at the end. REQUIRES: out is not empty.
  virtual Result<std::size_t> Read(std::span<char> out) = 0;
  // How far the file itself is read, and how large it was when opened.
  virtual std::uint64_t position() const = 0;
  virtual std::uint64_t size() const = 0;
};

// By the ending: .gz, .zst, anything else plain. kNotFound, kStorage.
Result<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path);

}  // namespace segmentd::train
