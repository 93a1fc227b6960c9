#include "prototypes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

namespace segmentd::learn {
namespace {

using feature::Shape;

// What is told of a customer says less about its behaviour than what it does.
constexpr float kProfileWeight = 0.5F;

bool IsProfile(const std::string& name, const Schema& schema) {
  const auto is_value_of = [&](const std::string& attribute) {
    return name.size() > attribute.size() && name.starts_with(attribute) &&
           name[attribute.size()] == '_';
  };
  return std::find(schema.profile_numbers.begin(), schema.profile_numbers.end(), name) !=
             schema.profile_numbers.end() ||
         std::any_of(schema.profile_names.begin(), schema.profile_names.end(), is_value_of);
}

// Features of one block say much the same and together weigh as much as one that stands alone: one
// quantity over several windows, the shares of one whole, the values of one attribute. Without this
// the fourteen windows of orders and spend drown everything else.
std::string_view BlockOf(std::string_view name, const Schema& schema) {
  for (const std::string_view prefix :
       {"orders_", "spend_", "refunds_", "category_share_", "channel_share_"}) {
    if (name.starts_with(prefix)) return prefix;
  }
  for (const std::string_view attribute : schema.profile_names) {
    if (name.size() > attribute.size() && name.starts_with(attribute) &&
        name[attribute.size()] == '_') {
      return attribute;
    }
  }
  return name;
}

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
                                             const Schema& schema, const model::RawMatrix& raw) {
  std::map<std::string_view, int> block_sizes;
  for (const std::string& name : features.names()) ++block_sizes[BlockOf(name, schema)];
  std::vector<model::ScalerRow> rows;
  for (std::size_t i = 0; i < features.names().size(); ++i) {
    const std::string& name = features.names()[i];
    model::ScalerRow row;
    row.transform = TransformOf(features.shapes()[i]);
    if (row.transform == model::Transform::kLog1p || row.transform == model::Transform::kAsinh) {
      row.unit = UnitOf(raw, static_cast<Eigen::Index>(i));
    }
    row.weight = 1 / std::sqrt(static_cast<float>(block_sizes[BlockOf(name, schema)]));
    if (IsProfile(name, schema)) row.weight *= kProfileWeight;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace segmentd::learn
