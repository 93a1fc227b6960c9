#include "segments.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "segmentd/feature/feature_set.h"

namespace segmentd::learn {
namespace {

using Members = std::vector<std::vector<Eigen::Index>>;

Members MembersOf(const std::vector<int>& labels, Eigen::Index clusters) {
  Members members(static_cast<std::size_t>(clusters));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    members[static_cast<std::size_t>(labels[i])].push_back(static_cast<Eigen::Index>(i));
  }
  return members;
}

double WeightOf(const Rows& rows, const std::vector<Eigen::Index>& members) {
  double sum = 0;
  for (const Eigen::Index i : members) sum += rows.weights[static_cast<std::size_t>(i)];
  return sum;
}

model::Vector MeanOf(const Points& points, const std::vector<Eigen::Index>& members) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(points.scaled.rows());
  for (const Eigen::Index i : members) {
    sum += points.rows.weights[static_cast<std::size_t>(i)] * points.scaled.col(i).cast<double>();
  }
  const double weight = WeightOf(points.rows, members);
  return (weight > 0 ? (sum / weight).eval() : sum).cast<float>();
}

// Medians of what is known; missing where most of it is.
std::vector<double> TypicalOf(const model::RawMatrix& raw,
                              const std::vector<Eigen::Index>& members) {
  std::vector<double> typical;
  std::vector<double> values;
  for (Eigen::Index row = 0; row < raw.rows(); ++row) {
    values.clear();
    for (const Eigen::Index i : members) {
      if (std::isfinite(raw(row, i))) values.push_back(raw(row, i));
    }
    if (values.empty() || values.size() * 2 < members.size()) {
      typical.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    typical.push_back(*middle);
  }
  return typical;
}

// Of each customer one row, be it in the segment in the moment of an event, in silence, or in both:
// what is bought over a lifetime is the same then.
std::vector<Eigen::Index> DistinctCustomers(const Rows& rows,
                                            const std::vector<Eigen::Index>& members) {
  std::unordered_set<std::uint64_t> seen;
  std::vector<Eigen::Index> distinct;
  for (const Eigen::Index i : members) {
    if (seen.insert(rows.customers[static_cast<std::size_t>(i)]).second) distinct.push_back(i);
  }
  return distinct;
}

std::vector<risk::CategoryProfile> CategoriesOf(const Rows& rows,
                                                const std::vector<Eigen::Index>& members) {
  const std::vector<std::string>& features = rows.schema.features;
  const std::vector<Eigen::Index> customers = DistinctCustomers(rows, members);
  std::vector<risk::CategoryProfile> categories;
  for (std::size_t row = 0; row < features.size(); ++row) {
    if (!features[row].starts_with(feature::kCategoryPrefix)) continue;
    risk::CategoryProfile category;
    category.name = features[row].substr(feature::kCategoryPrefix.size());
    category.feature = static_cast<int>(row);
    if (category.name == feature::kOther) continue;
    double sum = 0;
    for (const Eigen::Index i : customers) {
      const double share = rows.values(static_cast<Eigen::Index>(row), i);
      if (!std::isfinite(share)) continue;
      ++category.of;
      category.customers += share > 0 ? 1 : 0;
      sum += std::clamp(share, 0.0, 1.0);
    }
    if (category.of == 0) continue;
    category.share = sum / static_cast<double>(category.of);
    categories.push_back(std::move(category));
  }
  return categories;
}

double RadiusOf(const Points& points, const model::Vector& centroid,
                const std::vector<Eigen::Index>& members) {
  double sum = 0;
  for (const Eigen::Index i : members) {
    sum += points.rows.weights[static_cast<std::size_t>(i)] *
           static_cast<double>((points.codes.col(i) - centroid).squaredNorm());
  }
  const double weight = WeightOf(points.rows, members);
  return weight > 0 ? std::sqrt(sum / weight) : 0;
}

}  // namespace

std::vector<model::Segment> DescribeClusters(const Points& points, const model::Matrix& centroids,
                                             const std::vector<int>& labels) {
  const Members members = MembersOf(labels, centroids.cols());
  const Rows& rows = points.rows;
  const double weight = std::accumulate(rows.weights.begin(), rows.weights.end(), 0.0);
  std::vector<model::Segment> segments;
  for (std::size_t i = 0; i < members.size(); ++i) {
    model::Segment segment;
    segment.centroid = centroids.col(static_cast<Eigen::Index>(i));
    segment.mean = MeanOf(points, members[i]);
    segment.typical = TypicalOf(rows.values, members[i]);
    segment.radius = RadiusOf(points, segment.centroid, members[i]);
    segment.share = weight > 0 ? std::min(1.0, WeightOf(rows, members[i]) / weight) : 0;
    segment.categories = CategoriesOf(rows, members[i]);
    segments.push_back(std::move(segment));
  }
  return segments;
}

}  // namespace segmentd::learn
