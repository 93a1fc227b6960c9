#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace segmentd::risk {

// Every coordinate is searched within these.
inline constexpr double kBound = 8;

struct Maximum {
  std::vector<double> at;
  double value = 0;
  bool on_bound = false;  // of the search, not of the function
};

// The best that is found from any of the starts; nothing when none leads anywhere finite.
// Deterministic. A value that is not finite counts as very bad.
std::optional<Maximum> Maximise(const std::function<double(std::span<const double>)>& function,
                                const std::vector<std::vector<double>>& starts);

}  // namespace segmentd::risk
