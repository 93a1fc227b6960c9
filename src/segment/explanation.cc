#include "segmentd/segment/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "segment/phrase.h"
#include "segmentd/base/assert.h"

namespace segmentd::segment {
namespace {

constexpr std::size_t kReasonsMax = 5;
constexpr double kLeastContribution = 0.01;
// A second fact is told only when it carries a good part of the decision.
constexpr double kSecondContribution = 0.15;

std::vector<Reason> Reasons(const Comparison& comparison) {
  const bool first = comparison.previous_mean.empty();
  std::vector<Reason> reasons;
  reasons.reserve(comparison.features.size());
  double total = 0;
  for (std::size_t i = 0; i < comparison.features.size(); ++i) {
    const double x = comparison.scaled[i];
    const double from_previous = x - (first ? 0.0 : double{comparison.previous_mean[i]});
    const double from_current = x - double{comparison.current_mean[i]};
    const double gain = from_previous * from_previous - from_current * from_current;
    if (!(gain > 0)) continue;
    total += gain;
    const double typical_previous =
        first ? std::numeric_limits<double>::quiet_NaN() : comparison.previous_typical[i];
    reasons.push_back({static_cast<int>(i), comparison.raw[i], typical_previous,
                       comparison.current_typical[i], gain});
  }
  for (Reason& reason : reasons) reason.contribution /= total;
  const std::size_t kept = std::min(kReasonsMax, reasons.size());
  std::partial_sort(reasons.begin(), reasons.begin() + static_cast<std::ptrdiff_t>(kept),
                    reasons.end(), [](const Reason& a, const Reason& b) {
                      if (a.contribution != b.contribution) return a.contribution > b.contribution;
                      return a.feature < b.feature;
                    });
  reasons.resize(kept);
  std::erase_if(reasons, [](const Reason& r) { return !(r.contribution > kLeastContribution); });
  return reasons;
}

bool IsZeroOrOne(double value) { return value == 0 || value == 1; }

// A reason in words. The contrast is with the segment left, or, at first, with the one entered.
struct Told {
  const Phrase* phrase = nullptr;
  Unit unit = Unit::kNumber;
  std::string fact;
  double typical = 0;

  bool has_typical() const { return unit != Unit::kFlag && !std::isnan(typical); }
};

Told Tell(const Comparison& comparison, const Phrasebook& phrases, const Reason& reason) {
  const std::string& feature = comparison.features[static_cast<std::size_t>(reason.feature)];
  const bool first = comparison.previous_mean.empty();
  Told told;
  told.phrase = &phrases.of(reason.feature);
  told.unit = told.phrase->unit;
  told.typical = first ? reason.typical_current : reason.typical_previous;
  // "region_north" is one or zero for everybody: it reads as a word, not as a number.
  if (!told.phrase->in_catalogue && feature.find('_') != std::string::npos &&
      IsZeroOrOne(reason.value) && IsZeroOrOne(reason.typical_current) &&
      (first || IsZeroOrOne(reason.typical_previous))) {
    told.unit = Unit::kFlag;
  }
  told.fact = FactText(*told.phrase, told.unit, reason.value);
  return told;
}

// The strongest other reason that tells another story and can stand in the same sentence.
std::optional<Told> TellSecond(const Comparison& comparison, const Phrasebook& phrases,
                               std::span<const Reason> reasons, const Told& first) {
  for (const Reason& reason : reasons.subspan(1)) {
    if (reason.contribution < kSecondContribution) return std::nullopt;
    if (phrases.of(reason.feature).family == first.phrase->family) continue;
    Told told = Tell(comparison, phrases, reason);
    if (told.has_typical() == first.has_typical()) return told;
  }
  return std::nullopt;
}

std::string Sentence(const Comparison& comparison, const Phrasebook& phrases,
                     std::span<const Reason> reasons) {
  const bool entered = comparison.previous_mean.empty();
  if (reasons.empty()) return fmt::format("Closest to {}.", comparison.current_name);
  const Told first = Tell(comparison, phrases, reasons.front());
  const std::optional<Told> second = TellSecond(comparison, phrases, reasons, first);
  std::string text = first.fact;
  if (second) text.append(" and ").append(second->fact);
  if (first.has_typical()) {
    text.append("; members of ");
    text.append(entered ? comparison.current_name : comparison.previous_name);
    text.append(" typically have ").append(AmountText(first.unit, first.typical));
    if (second) text.append(" and ").append(AmountText(second->unit, second->typical));
  } else {
    text.append(", which fits ").append(comparison.current_name);
    text.append(entered ? " best" : " better than ");
    if (!entered) text.append(comparison.previous_name);
  }
  text += '.';
  if (text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

}  // namespace

Phrasebook::Phrasebook(std::span<const std::string> features) {
  for (const std::string& feature : features) phrases_.push_back(PhraseOf(feature));
}

Phrasebook::Phrasebook(Phrasebook&&) noexcept = default;
Phrasebook& Phrasebook::operator=(Phrasebook&&) noexcept = default;
Phrasebook::~Phrasebook() = default;

const Phrase& Phrasebook::of(int feature) const {
  return phrases_[static_cast<std::size_t>(feature)];
}

Explanation Explain(const Comparison& comparison, const Phrasebook& phrases) {
  const std::size_t size = comparison.features.size();
  SEGMENTD_ASSERT(comparison.raw.size() == size && comparison.scaled.size() == size &&
                      comparison.current_mean.size() == size &&
                      comparison.current_typical.size() == size,
                  "one value per feature");
  SEGMENTD_ASSERT(comparison.previous_mean.size() == comparison.previous_typical.size() &&
                      (comparison.previous_mean.empty() || comparison.previous_mean.size() == size),
                  "the previous segment is given whole or not at all");
  Explanation explanation;
  explanation.top = Reasons(comparison);
  explanation.text = Sentence(comparison, phrases, explanation.top);
  return explanation;
}

}  // namespace segmentd::segment
