#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace segmentd::segment {

struct Named {
  std::string name;
  int activity = 0;  // 0 lost .. 4 active
};

// The profile of a segment on the archetypes' axes, each a z-score over the segments' customers:
// recency (minus idle), frequency, monetary, tenure, discount, average order value.
struct Profile {
  double recency = 0;
  double frequency = 0;
  double monetary = 0;
  double tenure = 0;
  double discount = 0;
  double order_value = 0;
};

// Where the archetypes are that recency, frequency, spend and tenure tell apart: no two the same.
std::vector<Profile> PlainArchetypes();

// Names k segments from the archetype templates ("Champions", "Hibernating", ...) by assignment of
// least cost, one template per segment; a poor match is called by its two largest features instead.
// All names differ. Deterministic.
std::vector<Named> NameSegments(std::span<const Profile> profiles);

// How badly a name of NameSegments suits a profile: the mean square on the axes that an archetype
// minds; for a name that is no archetype's (a number behind it does not count), what a poor match
// costs.
double NameCost(const Profile& profile, std::string_view name);

}  // namespace segmentd::segment
