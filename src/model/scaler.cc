#include "segmentd/model/scaler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "model/block.h"
#include "segmentd/base/assert.h"

namespace segmentd::model {
namespace {

using WideLanes = Eigen::Array<double, kBlockColumns, 1>;
using LaneMask = Eigen::Array<bool, kBlockColumns, 1>;

constexpr double kLeastSpread = 1e-9;
// Keeps what is squared or narrowed to float finite; far above any amount of money.
constexpr double kLargest = 1e30;

// T(v) in double up to the logarithm, whose argument float holds well: both sides of it are cheap.
Lanes Transformed(const ScalerRow& row, const WideLanes& values) {
  switch (row.transform) {
    case Transform::kLog1p: {
      const WideLanes shifted = 1 + (values.max(0) / double{row.unit}).min(kLargest);
      return shifted.cast<float>().log();
    }
    case Transform::kAsinh: {
      const WideLanes size = (values.abs() / double{row.unit}).min(kLargest);
      const Lanes grown = (size + (size.square() + 1).sqrt()).cast<float>().log();
      return (values < 0).select(-grown, grown);
    }
    case Transform::kSqrt:
      return values.max(0).min(1).cast<float>().sqrt();
    case Transform::kIdentity:
      break;
  }
  return values.max(-kLargest).min(kLargest).cast<float>();
}

// One feature of up to kBlockColumns points; a value that is not finite counts as missing.
struct Column {
  WideLanes values;
  LaneMask present;
};

Column Load(const RawMatrix& raw, Eigen::Index row, Eigen::Index first, Eigen::Index count) {
  Column column;
  column.values.setConstant(std::numeric_limits<double>::quiet_NaN());
  column.values.head(count) = raw.row(row).segment(first, count).transpose();
  column.present = column.values.isFinite();
  column.values = column.present.select(column.values, 0.0);
  return column;
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

}  // namespace

void Scaler::Apply(const RawMatrix& raw, int columns, Matrix& scaled) const {
  const auto features = static_cast<Eigen::Index>(rows.size());
  SEGMENTD_ASSERT(raw.rows() == features, "raw has one row per scaler row");
  SEGMENTD_ASSERT(columns >= 0 && columns <= raw.cols(), "columns lie within raw");
  scaled.setZero(features, Eigen::Index{BlocksOf(columns)} * kBlockColumns);
  Block block(kBlockColumns, features);
  for (Eigen::Index first = 0; first < columns; first += kBlockColumns) {
    const Eigen::Index count = std::min<Eigen::Index>(kBlockColumns, columns - first);
    for (Eigen::Index i = 0; i < features; ++i) {
      const ScalerRow& row = rows[static_cast<std::size_t>(i)];
      if (row.constant) {
        block.col(i).setZero();
        continue;
      }
      const Column column = Load(raw, i, first, count);
      const Lanes centred = (Transformed(row, column.values) - row.centre) / row.spread;
      const Lanes weighted = centred.max(-kClip).min(kClip) * row.weight;
      block.col(i) = column.present.select(weighted, 0.0F);
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
  for (Eigen::Index i = 0; i < raw.rows(); ++i) {
    ScalerRow& row = scaler.rows[static_cast<std::size_t>(i)];
    values.clear();
    for (Eigen::Index first = 0; first < raw.cols(); first += kBlockColumns) {
      const Eigen::Index count = std::min<Eigen::Index>(kBlockColumns, raw.cols() - first);
      const Column column = Load(raw, i, first, count);
      const Lanes transformed = Transformed(row, column.values);
      for (Eigen::Index j = 0; j < count; ++j) {
        if (column.present(j)) values.push_back(transformed(j));
      }
    }
    const Measure measure = MeasureValues(values, spread);
    row.centre = static_cast<float>(measure.centre);
    row.constant = measure.spread < kLeastSpread;
    row.spread = row.constant ? 1.0F : static_cast<float>(measure.spread);
  }
  return scaler;
}

}  // namespace segmentd::model
