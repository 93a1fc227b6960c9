#include "prototypes.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace segmentd::learn {
namespace {

using feature::Shape;

model::Transform TransformOf(Shape shape) {
  switch (shape) {
    case Shape::kHeavyTail:
      return model::Transform::kLog1p;
    case Shape::kSigned:
      return model::Transform::kAsinh;
    case Shape::kShare:
      return model::Transform::kSqrt;
    case Shape::kRatio:
    case Shape::kPlain:
    case Shape::kFlag:
      return model::Transform::kIdentity;
  }
  return model::Transform::kIdentity;
}

// The median size of the values that are neither missing nor zero; 1 when there is none.
float UnitOf(const model::RawMatrix& raw, Eigen::Index row) {
  std::vector<double> sizes;
  for (Eigen::Index i = 0; i < raw.cols(); ++i) {
    const double value = std::abs(raw(row, i));
    if (std::isfinite(value) && value > 0) sizes.push_back(value);
  }
  if (sizes.empty()) return 1;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  const auto unit = static_cast<float>(*middle);
  return std::isnormal(unit) ? unit : 1;
}

}  // namespace

std::vector<model::ScalerRow> MakePrototypes(const feature::FeatureSet& features,
                                             const model::RawMatrix& raw) {
  std::vector<model::ScalerRow> rows;
  for (std::size_t i = 0; i < features.shapes().size(); ++i) {
    model::ScalerRow row;
    row.transform = TransformOf(features.shapes()[i]);
    if (row.transform == model::Transform::kLog1p || row.transform == model::Transform::kAsinh) {
      row.unit = UnitOf(raw, static_cast<Eigen::Index>(i));
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace segmentd::learn
