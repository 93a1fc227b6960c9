#pragma once

#include <string>
#include <string_view>

namespace segmentd::segment {

// How a value of a feature is written.
enum class Unit { kCount, kNumber, kMoney, kDays, kWeeks, kPercent, kFlag };

// A feature in words.
struct Phrase {
  Unit unit = Unit::kNumber;
  // A noun phrase about one customer; {0} is the amount, {1} the plural "s" of what is counted.
  std::string fact;
  // What is missing when there is no value.
  std::string noun;
  // Features that tell the same story ("orders" of every window) share it.
  std::string family;
  bool in_catalogue = true;
};

// Every feature of the catalogue has a phrase of its own; what is not in it (profile attributes) is
// called by its name.
Phrase PhraseOf(std::string_view feature);

std::string AmountText(Unit unit, double value);  // "9", "12.50", "41 days", "35%"
// "4 orders in the last 30 days"; of a missing value "no average order value on record". The unit
// is the phrase's, unless the values of the feature ask for another one.
std::string FactText(const Phrase& phrase, Unit unit, double value);

}  // namespace segmentd::segment
