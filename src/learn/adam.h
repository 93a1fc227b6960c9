#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "network.h"

namespace segmentd::learn {

// Adam with decoupled weight decay (Loshchilov and Hutter) and the gradient cut to a norm.
class Adam {
 public:
  explicit Adam(std::size_t size) : mean_(size), square_(size) {}

  // One step against the gradient. False, and nothing is changed, when the gradient is not finite.
  bool Step(std::span<float> gradient, float rate, std::span<const Network::Range> decaying,
            std::span<float> parameters);

 private:
  std::vector<float> mean_;
  std::vector<float> square_;
  double mean_share_ = 1;  // of the start, which is 0, in the running means
  double square_share_ = 1;
};

}  // namespace segmentd::learn
