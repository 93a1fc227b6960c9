#include "window.h"

#include <algorithm>
#include <cstring>

namespace segmentd::train {
namespace {

// Large enough that a move of an unfinished row is rare, small enough to stay in the cache.
constexpr std::size_t kBufferMin = std::size_t{1} << 18;

}  // namespace

Window::Window(ByteSource& source, std::size_t row_max)
    : source_(source), row_max_(row_max), buffer_(kBufferMin + 1, '\n') {}

Status Window::More() {
  std::memmove(buffer_.data(), begin(), size());
  end_ = size();
  begin_ = 0;
  if (end_ * 2 > buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const std::span<char> free(buffer_.data() + end_, buffer_.size() - 1 - end_);
  SEGMENTD_ASSIGN_OR_RETURN(const std::size_t count, source_.Read(free));
  end_ += count;
  at_end_ = count == 0;
  buffer_[end_] = '\n';
  return Ok();
}

}  // namespace segmentd::train
