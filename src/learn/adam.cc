#include "adam.h"

#include <cmath>

#include "segmentd/base/per_level.h"

namespace segmentd::learn {
namespace {

constexpr float kKeepMean = 0.9F;
constexpr float kKeepSquare = 0.999F;
constexpr float kEpsilon = 1e-8F;
constexpr float kDecay = 1e-4F;
constexpr double kNormMax = 1;

// In eight sums, so that one need not wait for the other.
SEGMENTD_PER_LEVEL double SumOfSquares(const float* values, std::size_t count) {
  constexpr std::size_t kSums = 8;
  double sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (std::size_t j = 0; j < kSums; ++j) {
      sums[j] += double{values[i + j]} * double{values[i + j]};
    }
  }
  double all = 0;
  for (; i < count; ++i) all += double{values[i]} * double{values[i]};
  for (const double sum : sums) all += sum;
  return all;
}

struct Rates {
  float cut;         // of the gradient
  float mean_scale;  // what a running mean lacks of its weight
  float square_scale;
  float rate;
};

SEGMENTD_PER_LEVEL void Move(const float* gradient, const Rates& rates, std::size_t count,
                             float* __restrict means, float* __restrict squares,
                             float* __restrict parameters) {
  const Rates by = rates;
  for (std::size_t i = 0; i < count; ++i) {
    const float slope = gradient[i] * by.cut;
    means[i] = kKeepMean * means[i] + (1 - kKeepMean) * slope;
    squares[i] = kKeepSquare * squares[i] + (1 - kKeepSquare) * slope * slope;
    parameters[i] -=
        by.rate * (means[i] * by.mean_scale) / (std::sqrt(squares[i] * by.square_scale) + kEpsilon);
  }
}

}  // namespace

bool Adam::Step(std::span<float> gradient, float rate, std::span<const Network::Range> decaying,
                std::span<float> parameters) {
  const double squares = SumOfSquares(gradient.data(), gradient.size());
  if (!std::isfinite(squares)) return false;
  const double norm = std::sqrt(squares);
  mean_share_ *= double{kKeepMean};
  square_share_ *= double{kKeepSquare};
  for (const Network::Range& range : decaying) {
    for (std::size_t i = range.begin; i < range.end; ++i) parameters[i] *= 1 - rate * kDecay;
  }
  const Rates rates = {norm > kNormMax ? static_cast<float>(kNormMax / norm) : 1,
                       static_cast<float>(1 / (1 - mean_share_)),
                       static_cast<float>(1 / (1 - square_share_)), rate};
  Move(gradient.data(), rates, gradient.size(), mean_.data(), square_.data(), parameters.data());
  return true;
}

}  // namespace segmentd::learn
