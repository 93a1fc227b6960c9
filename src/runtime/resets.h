#pragma once

#include <cstdint>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"

namespace segmentd::runtime {

// Producers lost to a fence lately. Two processes with one name take it from each other for ever;
// the one that has lost it too often gives up.
class Resets {
 public:
  explicit Resets(int count_max) : count_max_(count_max) {}

  // kFatal when it was one too many.
  Status Note(std::int64_t now_ms, const Error& error) {
    constexpr std::int64_t kWindowMs = 5 * 60 * kSecondMs;
    std::erase_if(lost_ms_, [&](std::int64_t at) { return at < now_ms - kWindowMs; });
    lost_ms_.push_back(now_ms);
    if (static_cast<int>(lost_ms_.size()) <= count_max_) return Ok();
    return Fail(Code::kFatal,
                "the producer was lost {} times in five minutes ({}): is another process running "
                "with the same app and instance?",
                lost_ms_.size(), error.message);
  }

 private:
  const int count_max_;
  std::vector<std::int64_t> lost_ms_;
};

}  // namespace segmentd::runtime
