#include "segments.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <string_view>

#include "segmentd/feature/feature_set.h"
#include "segmentd/segment/names.h"

namespace segmentd::train {
namespace {

using Members = std::vector<std::vector<Eigen::Index>>;

Members MembersOf(const model::KMeansFit& fit) {
  Members members(static_cast<std::size_t>(fit.centroids.cols()));
  for (std::size_t i = 0; i < fit.labels.size(); ++i) {
    members[static_cast<std::size_t>(fit.labels[i])].push_back(static_cast<Eigen::Index>(i));
  }
  return members;
}

model::Vector MeanOf(const model::Matrix& scaled, const std::vector<Eigen::Index>& members) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(scaled.rows());
  for (const Eigen::Index i : members) sum += scaled.col(i).cast<double>();
  return (sum / std::max<double>(1, static_cast<double>(members.size()))).cast<float>();
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

// Of each customer once, be it in the segment in the moment of an event, in silence, or in both:
// what is bought over a lifetime is the same then.
std::vector<Eigen::Index> DistinctCustomers(Eigen::Index columns,
                                            const std::vector<Eigen::Index>& members) {
  const Eigen::Index customers = columns / 2;
  std::vector<bool> seen(static_cast<std::size_t>(customers));
  std::vector<Eigen::Index> distinct;
  for (const Eigen::Index i : members) {
    const auto customer = static_cast<std::size_t>(i % customers);
    if (!seen[customer]) distinct.push_back(i);
    seen[customer] = true;
  }
  return distinct;
}

std::vector<risk::CategoryProfile> CategoriesOf(const model::RawMatrix& raw,
                                                const std::vector<std::string>& features,
                                                const std::vector<Eigen::Index>& members) {
  const std::vector<Eigen::Index> customers = DistinctCustomers(raw.cols(), members);
  std::vector<risk::CategoryProfile> categories;
  for (std::size_t row = 0; row < features.size(); ++row) {
    if (!features[row].starts_with(feature::kCategoryPrefix)) continue;
    risk::CategoryProfile category;
    category.name = features[row].substr(feature::kCategoryPrefix.size());
    category.feature = static_cast<int>(row);
    if (category.name == feature::kOther) continue;
    double sum = 0;
    for (const Eigen::Index i : customers) {
      const double share = raw(static_cast<Eigen::Index>(row), i);
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

double RadiusOf(const model::Matrix& codes, const model::Vector& centroid,
                const std::vector<Eigen::Index>& members) {
  double sum = 0;
  for (const Eigen::Index i : members) {
    sum += static_cast<double>((codes.col(i) - centroid).squaredNorm());
  }
  return std::sqrt(sum / std::max<double>(1, static_cast<double>(members.size())));
}

// The first of the named features that the model has, in standard deviations; 0 without any.
double ZScore(const model::Segment& segment, const std::vector<std::string>& features,
              const model::Scaler& scaler, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto at = std::find(features.begin(), features.end(), name);
    if (at == features.end()) continue;
    const auto row = static_cast<std::size_t>(at - features.begin());
    const float weight = scaler.rows[row].weight;
    if (weight > 0)
      return static_cast<double>(segment.mean[static_cast<Eigen::Index>(row)] / weight);
  }
  return 0;
}

segment::Profile ProfileOf(const model::Segment& of, const std::vector<std::string>& features,
                           const model::Scaler& scaler) {
  const auto z = [&](std::initializer_list<std::string_view> names) {
    return ZScore(of, features, scaler, names);
  };
  return {.recency = -z({"idle_days"}),
          .frequency = z({"orders_h180d", "frequency", "orders_360d", "orders_90d"}),
          .monetary = z({"spend_h180d", "monetary", "spend_360d", "spend_90d"}),
          .tenure = z({"tenure_days", "age_weeks"}),
          .discount = z({"discount_share"}),
          .order_value = z({"aov", "monetary"})};
}

double Standing(const segment::Profile& profile) {
  return profile.recency + profile.frequency + profile.monetary;
}

}  // namespace

std::vector<model::Segment> MakeSegments(const Points& points,
                                         const std::vector<std::string>& features,
                                         const model::Scaler& scaler, const model::KMeansFit& fit) {
  const Members members = MembersOf(fit);
  std::vector<model::Segment> segments;
  std::vector<segment::Profile> profiles;
  for (std::size_t i = 0; i < members.size(); ++i) {
    model::Segment segment;
    segment.centroid = fit.centroids.col(static_cast<Eigen::Index>(i));
    segment.mean = MeanOf(points.scaled, members[i]);
    segment.typical = TypicalOf(points.raw, members[i]);
    segment.radius = RadiusOf(points.codes, segment.centroid, members[i]);
    segment.share = static_cast<double>(members[i].size()) / static_cast<double>(fit.labels.size());
    segment.categories = CategoriesOf(points.raw, features, members[i]);
    profiles.push_back(ProfileOf(segment, features, scaler));
    segments.push_back(std::move(segment));
  }
  std::vector<std::size_t> order(segments.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return Standing(profiles[a]) > Standing(profiles[b]);
  });
  std::vector<model::Segment> ordered;
  std::vector<segment::Profile> ordered_profiles;
  for (const std::size_t i : order) {
    ordered.push_back(std::move(segments[i]));
    ordered_profiles.push_back(profiles[i]);
  }
  const std::vector<segment::Named> names = segment::NameSegments(ordered_profiles);
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    ordered[i].id = SegmentId{static_cast<std::uint32_t>(i + 1)};
    ordered[i].names = {{1, names[i].name}};
    ordered[i].activity = names[i].activity;
  }
  return ordered;
}

}  // namespace segmentd::train
