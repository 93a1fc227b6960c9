#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace segmentd::event {

// Keeps copies of short texts until Reset(). Memory is reused from batch to batch.
class TextArena {
 public:
  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > free_) Grow(text.size());
    text.copy(at_, text.size());
    const std::string_view copy(at_, text.size());
    at_ += text.size();
    free_ -= text.size();
    return copy;
  }

  // One block is kept, so that a batch of unusually long texts is not remembered for ever.
  void Reset() {
    if (blocks_.empty()) return;
    blocks_.resize(1);
    at_ = blocks_.front().get();
    free_ = kBlockBytes;
  }

 private:
  // Two names of a dozen bytes for each of 4096 records fit into one block.
  static constexpr std::size_t kBlockBytes = 128 << 10;

  void Grow(std::size_t wanted) {
    // Long texts get a block of their own, never the first one: that has the size Reset() counts
    // on.
    if (blocks_.empty()) Push(kBlockBytes);
    if (wanted > free_) Push(wanted > kBlockBytes ? wanted : kBlockBytes);
  }

  void Push(std::size_t bytes) {
    blocks_.push_back(std::make_unique<char[]>(bytes));
    at_ = blocks_.back().get();
    free_ = bytes;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* at_ = nullptr;
  std::size_t free_ = 0;
};

}  // namespace segmentd::event
