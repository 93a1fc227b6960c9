#include "segmentd/segment/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>

namespace segmentd::segment {
namespace {

constexpr std::size_t kAxes = 6;
using Axes = std::array<double, kAxes>;
constexpr std::array<std::string_view, kAxes> kAxisNames = {"recency", "frequency", "spend",
                                                            "tenure",  "discounts", "order value"};

struct Archetype {
  std::string_view name;
  Axes at;  // recency, frequency, monetary; then 0 where the archetype does not care
  int activity;
};

constexpr std::array<Archetype, 13> kArchetypes = {{
    {"Champions", {1.2, 1.5, 1.5, 0, 0, 0}, 4},
    {"Loyal", {0.6, 1, 0.6, 0, 0, 0}, 4},
    {"Potential loyalist", {0.9, 0, 0, 0, 0, 0}, 4},
    {"New", {1.3, -1.2, -0.8, -1.5, 0, 0}, 4},
    {"Promising", {0.8, -0.7, -0.6, 0, 0, 0}, 4},
    {"Bargain hunter", {0.3, 0.3, -0.2, 0, 1.5, 0}, 4},
    {"Big spender", {0.2, -0.3, 1.2, 0, 0, 1.5}, 4},
    {"Need attention", {0, 0.1, 0.1, 0, 0, 0}, 3},
    {"About to sleep", {-0.5, -0.5, -0.5, 0, 0, 0}, 3},
    {"At risk", {-0.9, 0.7, 0.6, 0, 0, 0}, 2},
    {"Can't lose them", {-1.3, 1.5, 1.5, 0, 0, 0}, 2},
    {"Hibernating", {-1, -0.8, -0.7, 0, 0, 0}, 1},
    {"Lost", {-1.8, -1.2, -1, 0, 0, 0}, 0},
}};

// The mean square on the axes at which a template stops describing a segment: RMS 0.8.
constexpr double kPoorMatch = 0.8 * 0.8;
// Every archetype is about recency, frequency and spend; of the others it minds what it names.
constexpr std::size_t kCoreAxes = 3;
constexpr double kUnnamedWeight = 0.1;

// No customer base is further out than this; what is counts as this far.
Axes AxesOf(const Profile& profile) {
  Axes axes = {profile.recency, profile.frequency, profile.monetary,
               profile.tenure,  profile.discount,  profile.order_value};
  for (double& z : axes) z = std::isnan(z) ? 0 : std::clamp(z, -2.0, 2.0);
  return axes;
}

double Cost(const Axes& axes, const Archetype& archetype) {
  double sum = 0;
  double weights = 0;
  for (std::size_t i = 0; i < kAxes; ++i) {
    const double off = axes[i] - archetype.at[i];
    const double weight = i < kCoreAxes || archetype.at[i] != 0 ? 1 : kUnnamedWeight;
    sum += weight * off * off;
    weights += weight;
  }
  return sum / weights;
}

constexpr int kUnnamed = -1;

// The assignment of least cost, each archetype at most once, no archetype at the cost of a poor
// match. Archetypes are few, so every set of them can be tried: least[set] is the least cost of the
// segments so far with just those archetypes taken.
std::vector<int> Assign(const std::vector<Axes>& segments) {
  constexpr std::size_t kSets = std::size_t{1} << kArchetypes.size();
  constexpr double kImpossible = std::numeric_limits<double>::infinity();
  std::vector<double> least(kSets, kImpossible);
  least[0] = 0;
  std::vector<std::vector<std::int16_t>> choices;
  for (const Axes& axes : segments) {
    std::array<double, kArchetypes.size()> costs;
    for (std::size_t a = 0; a < costs.size(); ++a) costs[a] = Cost(axes, kArchetypes[a]);
    std::vector<double> next(kSets, kImpossible);
    std::vector<std::int16_t> choice(kSets, kUnnamed);
    for (std::size_t set = 0; set < kSets; ++set) {
      next[set] = least[set] + kPoorMatch;
      for (std::size_t a = 0; a < costs.size(); ++a) {
        const std::size_t bit = std::size_t{1} << a;
        if ((set & bit) == 0) continue;
        const double cost = least[set ^ bit] + costs[a];
        if (cost < next[set]) {
          next[set] = cost;
          choice[set] = static_cast<std::int16_t>(a);
        }
      }
    }
    least = std::move(next);
    choices.push_back(std::move(choice));
  }
  auto set = static_cast<std::size_t>(std::min_element(least.begin(), least.end()) - least.begin());
  std::vector<int> assigned(segments.size(), kUnnamed);
  for (std::size_t i = segments.size(); i-- > 0;) {
    assigned[i] = choices[i][set];
    if (assigned[i] != kUnnamed) set ^= std::size_t{1} << assigned[i];
  }
  return assigned;
}

// "High frequency, low spend": the two axes on which the segment stands out most.
std::string NameByFeatures(const Axes& axes) {
  std::array<std::size_t, kAxes> order = {0, 1, 2, 3, 4, 5};
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(axes[a]) > std::abs(axes[b]);
  });
  std::size_t first = order[0];
  std::size_t second = order[1];
  if (axes[first] < 0 && axes[second] > 0) std::swap(first, second);
  const std::string_view sign = axes[first] < 0 ? "Low" : "High";
  if ((axes[first] < 0) == (axes[second] < 0)) {
    return fmt::format("{} {} and {}", sign, kAxisNames[first], kAxisNames[second]);
  }
  return fmt::format("{} {}, low {}", sign, kAxisNames[first], kAxisNames[second]);
}

int ActivityOf(const Axes& axes) {
  const auto nearest = std::min_element(
      kArchetypes.begin(), kArchetypes.end(),
      [&](const Archetype& a, const Archetype& b) { return Cost(axes, a) < Cost(axes, b); });
  return nearest->activity;
}

}  // namespace

std::vector<Profile> PlainArchetypes() {
  std::vector<Profile> profiles;
  for (const Archetype& archetype : kArchetypes) {
    const auto& [recency, frequency, monetary, tenure, discount, order_value] = archetype.at;
    if (discount != 0 || order_value != 0) continue;
    profiles.push_back({recency, frequency, monetary, tenure, 0, 0});
  }
  return profiles;
}

std::vector<Named> NameSegments(std::span<const Profile> profiles) {
  std::vector<Axes> segments;
  for (const Profile& profile : profiles) segments.push_back(AxesOf(profile));
  const std::vector<int> assigned = Assign(segments);
  std::vector<Named> named;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (assigned[i] != kUnnamed) {
      const Archetype& archetype = kArchetypes[static_cast<std::size_t>(assigned[i])];
      named.push_back({std::string(archetype.name), archetype.activity});
    } else {
      named.push_back({NameByFeatures(segments[i]), ActivityOf(segments[i])});
    }
    const std::string base = named.back().name;
    for (int count = 2; !taken.insert(named.back().name).second; ++count) {
      named.back().name = fmt::format("{} {}", base, count);
    }
  }
  return named;
}

double NameCost(const Profile& profile, std::string_view name) {
  const std::size_t last = name.find_last_not_of("0123456789 ");
  const std::string_view base = name.substr(0, last == std::string_view::npos ? 0 : last + 1);
  const auto known =
      std::find_if(kArchetypes.begin(), kArchetypes.end(),
                   [&](const Archetype& archetype) { return archetype.name == base; });
  return known == kArchetypes.end() ? kPoorMatch : Cost(AxesOf(profile), *known);
}

}  // namespace segmentd::segment
