#include "naming.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <string>
#include <string_view>

#include "segmentd/segment/names.h"

namespace segmentd::learn {
namespace {

constexpr double kMuchBetter = 0.8;

// By Axis, best first.
constexpr std::array<std::array<std::string_view, 4>, 6> kAxisFeatures = {{
    {"idle_days"},
    {"orders_h180d", "frequency", "orders_360d", "orders_90d"},
    {"spend_h180d", "monetary", "spend_360d", "spend_90d"},
    {"tenure_days", "age_weeks"},
    {"discount_share"},
    {"aov", "monetary"},
}};

// In standard deviations; 0 without a feature for it.
double ZScore(const model::Segment& segment, const std::vector<std::string>& features,
              const model::Scaler& scaler, Axis axis) {
  const auto row = FeatureOf(axis, features);
  if (!row) return 0;
  const float weight = scaler.rows[*row].weight;
  return weight > 0 ? double{segment.mean[static_cast<Eigen::Index>(*row)] / weight} : 0;
}

segment::Profile ProfileOf(const model::Segment& of, const std::vector<std::string>& features,
                           const model::Scaler& scaler) {
  const auto z = [&](Axis axis) { return ZScore(of, features, scaler, axis); };
  return {.recency = -z(Axis::kIdle),
          .frequency = z(Axis::kFrequency),
          .monetary = z(Axis::kMonetary),
          .tenure = z(Axis::kTenure),
          .discount = z(Axis::kDiscount),
          .order_value = z(Axis::kOrderValue)};
}

double Standing(const segment::Profile& profile) {
  return profile.recency + profile.frequency + profile.monetary;
}

std::vector<segment::Profile> ProfilesOf(const model::Bundle& bundle) {
  std::vector<segment::Profile> profiles;
  for (const model::Segment& segment : bundle.segments) {
    profiles.push_back(ProfileOf(segment, bundle.features, bundle.scaler));
  }
  return profiles;
}

const model::Segment* Find(const model::Bundle* champion, SegmentId id) {
  if (champion == nullptr) return nullptr;
  const auto at = std::ranges::find(champion->segments, id, &model::Segment::id);
  return at == champion->segments.end() ? nullptr : &*at;
}

// The found name where it suits by a fifth better than the present one, else "".
std::string RivalOf(const model::Segment& segment, const segment::Profile& profile,
                    const std::string& found) {
  if (found == segment.name()) return {};
  const bool better =
      segment::NameCost(profile, found) <= kMuchBetter * segment::NameCost(profile, segment.name());
  return better ? found : std::string();
}

// The name, with a number behind it if it is taken; takes it.
std::string Free(const std::string& name, std::set<std::string, std::less<>>& taken) {
  std::string free = name;
  for (int count = 2; !taken.insert(free).second; ++count) free = fmt::format("{} {}", name, count);
  return free;
}

}  // namespace

std::optional<std::size_t> FeatureOf(Axis axis, const std::vector<std::string>& features) {
  for (const std::string_view name : kAxisFeatures[static_cast<std::size_t>(axis)]) {
    const auto at = std::ranges::find(features, name);
    if (at != features.end()) return static_cast<std::size_t>(at - features.begin());
  }
  return std::nullopt;
}

std::vector<std::size_t> OrderOfStanding(const model::Bundle& bundle) {
  const std::vector<segment::Profile> profiles = ProfilesOf(bundle);
  std::vector<std::size_t> order(profiles.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return Standing(profiles[a]) > Standing(profiles[b]);
  });
  return order;
}

void NameSegments(const model::Bundle* champion, model::Bundle& bundle) {
  const std::vector<segment::Profile> profiles = ProfilesOf(bundle);
  const std::vector<segment::Named> found = segment::NameSegments(profiles);
  std::set<std::string, std::less<>> taken;
  for (std::size_t i = 0; i < found.size(); ++i) {
    model::Segment& segment = bundle.segments[i];
    segment.activity = found[i].activity;
    const model::Segment* before = Find(champion, segment.id);
    if (before == nullptr) continue;
    segment.names = before->names;
    segment.pinned = before->pinned;
    if (!segment.pinned) segment.rival = RivalOf(segment, profiles[i], found[i].name);
    // The second model in a row for which the name would suit it better.
    const bool renamed = !segment.rival.empty() && segment.rival == before->rival;
    if (!renamed) taken.emplace(segment.name());
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    model::Segment& segment = bundle.segments[i];
    if (!segment.names.empty() && taken.contains(segment.name())) continue;
    segment.names.emplace_back(bundle.sequence, Free(found[i].name, taken));
    segment.rival.clear();
  }
}

}  // namespace segmentd::learn
