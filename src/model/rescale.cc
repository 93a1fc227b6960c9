#include "segmentd/model/rescale.h"

#include "segmentd/base/assert.h"

namespace segmentd::model {
namespace {

// A value under one scaler from that under another: stretch * value + shift, feature by feature.
struct Affine {
  Vector stretch;
  Vector shift;
};

Affine Between(const Scaler& from, const Scaler& to) {
  SEGMENTD_ASSERT(from.rows.size() == to.rows.size(), "the scalers are of the same features");
  const auto features = static_cast<Eigen::Index>(from.rows.size());
  Affine affine{Vector::Zero(features), Vector::Zero(features)};
  for (Eigen::Index i = 0; i < features; ++i) {
    const ScalerRow& a = from.rows[static_cast<std::size_t>(i)];
    const ScalerRow& b = to.rows[static_cast<std::size_t>(i)];
    if (b.constant) continue;
    affine.stretch(i) = a.spread / b.spread;
    affine.shift(i) = b.weight * (a.centre - b.centre) / b.spread;
  }
  return affine;
}

}  // namespace

Decoder Rescaled(Decoder decoder, const Scaler& from, const Scaler& to) {
  const Affine on = Between(from, to);
  decoder.skip = on.stretch.asDiagonal() * decoder.skip;
  decoder.origin = on.stretch.cwiseProduct(decoder.origin);
  if (decoder.layers.empty()) {
    decoder.origin += on.shift;
    return decoder;
  }
  Dense& last = decoder.layers.back();
  last.weights = on.stretch.asDiagonal() * last.weights;
  last.bias = on.stretch.cwiseProduct(last.bias) + on.shift;
  return decoder;
}

}  // namespace segmentd::model
