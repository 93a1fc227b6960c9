#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace segmentd::segment {

struct Reason {
  int feature = 0;              // row
  double value = 0;             // raw; NaN = missing
  double typical_previous = 0;  // raw; NaN when there was no segment before
  double typical_current = 0;
  double contribution = 0;  // share of the distance delta; the largest first
};

struct Explanation {
  std::vector<Reason> top;  // at most five, contributions above 0.01 only
  std::string text;         // one English sentence, in the units of the features
};

struct Phrase;

// The words for a model's features, made once: looking them up costs a change nothing.
class Phrasebook {
 public:
  explicit Phrasebook(std::span<const std::string> features);
  Phrasebook(Phrasebook&&) noexcept;
  Phrasebook& operator=(Phrasebook&&) noexcept;
  ~Phrasebook();

  const Phrase& of(int feature) const;

 private:
  std::vector<Phrase> phrases_;
};

// Side by side, row by row: names, raw values, the scaled column, the scaled means and raw typical
// values of both segments. previous_* are empty for a first assignment: then the distance of the
// population (0) is explained instead.
struct Comparison {
  std::span<const std::string> features;
  std::span<const double> raw;
  std::span<const float> scaled;
  std::span<const float> previous_mean;
  std::span<const float> current_mean;
  std::span<const double> previous_typical;
  std::span<const double> current_typical;
  std::string_view previous_name;
  std::string_view current_name;
};

// phrases: of the same features. contribution_f = ((x_f - p_f)^2 - (x_f - c_f)^2), as a share of
// the sum of its positive terms.
Explanation Explain(const Comparison& comparison, const Phrasebook& phrases);

}  // namespace segmentd::segment
