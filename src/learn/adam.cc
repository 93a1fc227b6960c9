#include "adam.h"

#include <cmath>

namespace segmentd::learn {
namespace {

constexpr float kKeepMean = 0.9F;
constexpr float kKeepSquare = 0.999F;
constexpr float kEpsilon = 1e-8F;
constexpr float kDecay = 1e-4F;
constexpr double kNormMax = 1;

}  // namespace

bool Adam::Step(std::span<float> gradient, float rate, std::span<const Network::Range> decaying,
                std::span<float> parameters) {
  double squares = 0;
  for (const float value : gradient) squares += double{value} * double{value};
  if (!std::isfinite(squares)) return false;
  const double norm = std::sqrt(squares);
  const float cut = norm > kNormMax ? static_cast<float>(kNormMax / norm) : 1;
  mean_share_ *= double{kKeepMean};
  square_share_ *= double{kKeepSquare};
  const auto mean_scale = static_cast<float>(1 / (1 - mean_share_));
  const auto square_scale = static_cast<float>(1 / (1 - square_share_));
  for (const Network::Range& range : decaying) {
    for (std::size_t i = range.begin; i < range.end; ++i) parameters[i] *= 1 - rate * kDecay;
  }
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const float slope = gradient[i] * cut;
    mean_[i] = kKeepMean * mean_[i] + (1 - kKeepMean) * slope;
    square_[i] = kKeepSquare * square_[i] + (1 - kKeepSquare) * slope * slope;
    parameters[i] -=
        rate * (mean_[i] * mean_scale) / (std::sqrt(square_[i] * square_scale) + kEpsilon);
  }
  return true;
}

}  // namespace segmentd::learn
