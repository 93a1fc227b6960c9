#include "weights.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/feature/feature_set.h"

namespace segmentd::learn {
namespace {

using Blocks = std::map<std::string_view, std::vector<Eigen::Index>>;  // features of each

// What is told of a customer says less about its behaviour than what it does.
constexpr float kProfileWeight = 0.5F;

bool IsNumberOfProfile(const std::string& name, const Schema& schema) {
  return std::find(schema.profile_numbers.begin(), schema.profile_numbers.end(), name) !=
         schema.profile_numbers.end();
}

std::string_view BlockOf(std::string_view name) {
  for (const std::string_view prefix : {"orders_", "spend_", "refunds_"}) {
    if (name.starts_with(prefix)) return prefix;
  }
  return name;
}

// Participation ratio of the correlations: 1 when all say the same, their number when each says
// something of its own.
double DimensionsOf(const std::vector<Eigen::Index>& features, const model::Matrix& scaled) {
  model::Matrix block(static_cast<Eigen::Index>(features.size()), scaled.cols());
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto row = scaled.row(features[i]).array();
    const float spread = std::sqrt((row - row.mean()).square().sum());
    block.row(static_cast<Eigen::Index>(i)) = (row - row.mean()) / std::max(spread, 1e-9F);
  }
  const model::Matrix correlations = block * block.transpose();
  const auto total = static_cast<double>(correlations.trace());
  const auto squares = static_cast<double>(correlations.squaredNorm());
  return squares > 0 ? total * total / squares : 1;
}

void WeighBlocks(const Blocks& blocks, const model::RawMatrix& raw, model::Scaler& scaler) {
  model::Matrix scaled;
  scaler.Apply(raw, static_cast<int>(raw.cols()), scaled);
  scaled.conservativeResize(Eigen::NoChange, raw.cols());
  for (const auto& [name, features] : blocks) {
    if (features.size() < 2) continue;
    const double share = DimensionsOf(features, scaled) / static_cast<double>(features.size());
    for (const Eigen::Index i : features) {
      scaler.rows[static_cast<std::size_t>(i)].weight = static_cast<float>(std::sqrt(share));
    }
  }
}

}  // namespace

void Weigh(const Schema& schema, const model::RawMatrix& raw, model::Scaler& scaler) {
  using Of = feature::FrozenName::Of;
  Blocks blocks;
  std::map<std::string_view, std::vector<std::size_t>> attributes;
  for (std::size_t i = 0; i < schema.features.size(); ++i) {
    const std::string& name = schema.features[i];
    const auto frozen = feature::FrozenNameOf(name, schema.profile_names);
    if (frozen && frozen->of == Of::kAttribute) {
      attributes[frozen->attribute].push_back(i);
    } else if (IsNumberOfProfile(name, schema)) {
      scaler.rows[i].weight = kProfileWeight;
    } else if (!scaler.rows[i].constant) {
      const std::string_view shares =
          frozen && frozen->of == Of::kCategory ? "category" : "channel";
      blocks[frozen ? shares : BlockOf(name)].push_back(static_cast<Eigen::Index>(i));
    }
  }
  // One statement, however many values there are.
  for (const auto& [attribute, values] : attributes) {
    const float weight = kProfileWeight / std::sqrt(static_cast<float>(values.size()));
    for (const std::size_t i : values) scaler.rows[i].weight = weight;
  }
  WeighBlocks(blocks, raw, scaler);
}

}  // namespace segmentd::learn
