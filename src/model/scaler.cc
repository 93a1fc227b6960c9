#include "segmentd/model/scaler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "model/block.h"
#include "model/scale_kernel.h"
#include "segmentd/base/assert.h"

namespace segmentd::model {
namespace {

constexpr double kLeastSpread = 1e-9;

// Up to kBlockColumns points on their side, narrowed; NaN behind the last.
void LoadRaw(const RawMatrix& raw, Eigen::Index first, Eigen::Index count, Block& block) {
  block.setConstant(std::numeric_limits<float>::quiet_NaN());
  const auto features = static_cast<std::size_t>(raw.rows());
  std::vector<float> point(features);
  for (Eigen::Index j = 0; j < count; ++j) {
    Narrow({raw.col(first + j).data(), features}, point);
    for (Eigen::Index i = 0; i < raw.rows(); ++i) block(j, i) = point[static_cast<std::size_t>(i)];
  }
}

struct Measure {
  double centre = 0;
  double spread = 0;
};

// Linear between the neighbouring ranks. Reorders values.
double Quantile(std::vector<float>& values, double share) {
  const double rank = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const double low = values[static_cast<std::size_t>(below)];
  const double fraction = rank - static_cast<double>(below);
  if (fraction == 0) return low;
  const double high = *std::min_element(values.begin() + below + 1, values.end());
  return low + fraction * (high - low);
}

// Mean and population deviation after pulling the outermost thousandth at each end in.
Measure MeasureStandard(std::vector<float>& values) {
  const double low = Quantile(values, 0.001);
  const double high = Quantile(values, 0.999);
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (const float value : values) sum += std::clamp<double>(value, low, high);
  const double mean = sum / count;
  double squares = 0;
  for (const float value : values) {
    const double off = std::clamp<double>(value, low, high) - mean;
    squares += off * off;
  }
  return {mean, std::sqrt(squares / count)};
}

Measure MeasureValues(std::vector<float>& values, Spread spread) {
  if (values.empty()) return {};
  switch (spread) {
    case Spread::kMinMax: {
      const auto [least, most] = std::minmax_element(values.begin(), values.end());
      return {*least, double{*most} - double{*least}};
    }
    case Spread::kRobust: {
      const double quartiles = Quantile(values, 0.75) - Quantile(values, 0.25);
      const double median = Quantile(values, 0.5);
      // Half of a zero-inflated feature is one value: its quartiles say nothing of the rest.
      if (quartiles < kLeastSpread) return {median, MeasureStandard(values).spread};
      return {median, quartiles};
    }
    case Spread::kStandard:
      break;
  }
  return MeasureStandard(values);
}

// One feature of all points; NaN where it is missing, and behind the last.
void TransformRow(const ScalerRow& row, const Eigen::RowVectorXd& raw, std::vector<float>& lanes) {
  std::fill(lanes.begin(), lanes.end(), std::numeric_limits<float>::quiet_NaN());
  const auto count = static_cast<std::size_t>(raw.size());
  Narrow({raw.data(), count}, std::span(lanes).first(count));
  for (std::size_t first = 0; first < lanes.size(); first += kBlockColumns) {
    TransformLanes(row, lanes.data() + first, lanes.data() + first);
  }
}

}  // namespace

void Scaler::Apply(const RawMatrix& raw, int columns, Matrix& scaled) const {
  const auto features = static_cast<Eigen::Index>(rows.size());
  SEGMENTD_ASSERT(raw.rows() == features, "raw has one row per scaler row");
  SEGMENTD_ASSERT(columns >= 0 && columns <= raw.cols(), "columns lie within raw");
  scaled.setZero(features, Eigen::Index{BlocksOf(columns)} * kBlockColumns);
  Block block(kBlockColumns, features);
  Lanes transformed;
  for (Eigen::Index first = 0; first < columns; first += kBlockColumns) {
    LoadRaw(raw, first, std::min<Eigen::Index>(kBlockColumns, columns - first), block);
    for (Eigen::Index i = 0; i < features; ++i) {
      const ScalerRow& row = rows[static_cast<std::size_t>(i)];
      if (row.constant) {
        block.col(i).setZero();
        continue;
      }
      TransformLanes(row, block.col(i).data(), transformed.data());
      StandardiseLanes(row, transformed.data(), block.col(i).data());
    }
    StoreBlock(block, first, scaled);
  }
}

Scaler FitScaler(const RawMatrix& raw, std::span<const ScalerRow> prototypes, Spread spread) {
  SEGMENTD_ASSERT(raw.rows() == static_cast<Eigen::Index>(prototypes.size()),
                  "raw has one row per prototype");
  Scaler scaler;
  scaler.rows.assign(prototypes.begin(), prototypes.end());
  std::vector<float> values;
  std::vector<float> narrow(static_cast<std::size_t>(BlocksOf(raw.cols())) * kBlockColumns);
  for (Eigen::Index i = 0; i < raw.rows(); ++i) {
    ScalerRow& row = scaler.rows[static_cast<std::size_t>(i)];
    TransformRow(row, raw.row(i), narrow);
    values.clear();
    for (const float value : narrow) {
      if (!std::isnan(value)) values.push_back(value);
    }
    const Measure measure = MeasureValues(values, spread);
    row.centre = static_cast<float>(measure.centre);
    row.constant = measure.spread < kLeastSpread;
    row.spread = row.constant ? 1.0F : static_cast<float>(measure.spread);
  }
  return scaler;
}

}  // namespace segmentd::model
