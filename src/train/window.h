#pragma once

#include <cstdint>
#include <vector>

#include "byte_source.h"
#include "segmentd/base/result.h"

namespace segmentd::train {

// A sliding view of a source's bytes: the unread part, at least one row long unless a row is larger
// than row_max. The byte at end() may be read and is a line feed, so that a scan needs no bound.
class Window {
 public:
  Window(ByteSource& source, std::size_t row_max);

  const char* begin() const { return buffer_.data() + begin_; }
  const char* end() const { return buffer_.data() + end_; }
  char* mutable_begin() { return buffer_.data() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  // Nothing follows the bytes in view.
  bool at_end() const { return at_end_; }
  // The bytes in view are as many as can be held; More() would not help.
  bool full() const { return size() >= row_max_; }

  void Consume(std::size_t bytes) { begin_ += bytes; }
  // Reads on; moves the bytes in view. REQUIRES: not full, not at_end.
  Status More();

 private:
  ByteSource& source_;
  std::size_t row_max_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
};

}  // namespace segmentd::train
