#include "segment/phrase.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace segmentd::segment {
namespace {

struct Entry {
  std::string_view feature;
  Unit unit;
  std::string_view fact;
  std::string_view noun;
};

constexpr Entry kWhole[] = {
    {"idle_days", Unit::kDays, "{0} since the last order", "last order"},
    {"tenure_days", Unit::kDays, "{0} since the first order", "first order"},
    {"aov", Unit::kMoney, "an average order of {0}", "average order value"},
    {"basket", Unit::kNumber, "{0} item{1} per order", "basket size"},
    {"discount_share", Unit::kPercent, "{0} taken off by discounts", "share of discounts"},
    {"refund_share", Unit::kPercent, "{0} of orders refunded", "share of refunded orders"},
    {"weekend_share", Unit::kPercent, "{0} of orders at weekends", "share of weekend orders"},
    {"gap_mean_days", Unit::kDays, "{0} between orders on average", "usual gap between orders"},
    {"gap_cv", Unit::kPercent, "gaps between orders that vary by {0}", "regularity of orders"},
    {"trend", Unit::kNumber, "an order trend of {0}", "order trend"},
    {"frequency", Unit::kCount, "{0} day{1} with a repeat purchase", "repeat purchase"},
    {"recency_weeks", Unit::kWeeks, "{0} from the first to the last order", "last order"},
    {"age_weeks", Unit::kWeeks, "{0} since the week of the first order", "first order"},
    {"monetary", Unit::kMoney, "{0} spent per repeat purchase day", "repeat purchase"},
};

// Followed by a window ("30d") or a half-life ("h30d").
constexpr Entry kWindowed[] = {
    {"orders", Unit::kCount, "{0} order{1}", "orders"},
    {"spend", Unit::kMoney, "{0} spent", "spend"},
    {"refunds", Unit::kCount, "{0} refund{1}", "refunds"},
};

// Followed by a name or by "other".
constexpr Entry kShares[] = {
    {"category_share", Unit::kPercent, "{0} of spend in ", "spend in "},
    {"channel_share", Unit::kPercent, "{0} of orders through ", "orders through "},
};

// Names come from data: words instead of underscores, and no braces that a format would act on.
std::string Words(std::string_view name) {
  std::string words;
  for (const char c : name) {
    if (c == '{' || c == '}') continue;
    words.push_back(c == '_' ? ' ' : c);
  }
  return words;
}

// "30d" or "h30d": the number, or nothing.
std::string_view DaysOf(std::string_view window) {
  if (window.starts_with('h')) window.remove_prefix(1);
  if (!window.ends_with('d')) return {};
  window.remove_suffix(1);
  const bool digits =
      std::all_of(window.begin(), window.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? window : std::string_view{};
}

// What stands behind "prefix_", or nothing.
std::string_view Behind(std::string_view feature, std::string_view prefix) {
  if (!feature.starts_with(prefix) || feature.size() < prefix.size() + 2) return {};
  if (feature[prefix.size()] != '_') return {};
  return feature.substr(prefix.size() + 1);
}

std::string Trimmed(double value, int digits) {
  std::string text = fmt::format("{:.{}f}", value, digits);
  if (digits > 0) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

// Three significant digits are enough to compare by eye; a value that is not zero is not shown as
// it.
std::string NumberText(double value) {
  const double size = std::abs(value);
  return Trimmed(value, size >= 100 ? 0 : size >= 1 ? 1 : 2);
}

std::string Counted(double value, std::string_view unit) {
  const std::string number = NumberText(value);
  return fmt::format("{} {}{}", number, unit, number == "1" ? "" : "s");
}

}  // namespace

Phrase PhraseOf(std::string_view feature) {
  for (const Entry& entry : kWhole) {
    if (feature == entry.feature) {
      return {entry.unit, std::string(entry.fact), std::string(entry.noun),
              std::string(entry.noun)};
    }
  }
  for (const Entry& entry : kWindowed) {
    const std::string_view window = Behind(feature, entry.feature);
    const std::string_view days = DaysOf(window);
    if (days.empty()) continue;
    const bool decayed = window.starts_with('h');
    const auto when = decayed ? fmt::format("lately (half-life {} days)", days)
                              : fmt::format("in the last {} days", days);
    // A decayed count is rarely whole.
    const Unit unit = decayed && entry.unit == Unit::kCount ? Unit::kNumber : entry.unit;
    return {unit, fmt::format("{} {}", entry.fact, when), fmt::format("{} {}", entry.noun, when),
            std::string(entry.feature)};
  }
  for (const Entry& entry : kShares) {
    const std::string_view name = Behind(feature, entry.feature);
    if (name.empty()) continue;
    const bool category = entry.feature == "category_share";
    const std::string where = name != "other" ? Words(name)
                              : category      ? "other categories"
                                              : "other channels";
    return {entry.unit, fmt::format("{}{}", entry.fact, where),
            fmt::format("{}{}", entry.noun, where), std::string(entry.feature)};
  }
  const std::string words = Words(feature);
  return {Unit::kNumber, words + " of {0}", words, words, false};
}

std::string AmountText(Unit unit, double value) {
  switch (unit) {
    case Unit::kCount:
    case Unit::kNumber:
    case Unit::kFlag:
      break;
    case Unit::kMoney:
      return fmt::format("{:.2f}", value);
    case Unit::kDays:
      return Counted(value, "day");
    case Unit::kWeeks:
      return Counted(value, "week");
    case Unit::kPercent:
      return Trimmed(value * 100, std::abs(value) < 0.01 ? 1 : 0) + "%";
  }
  return NumberText(value);
}

std::string FactText(const Phrase& phrase, Unit unit, double value) {
  if (std::isnan(value)) return fmt::format("no {} on record", phrase.noun);
  if (unit == Unit::kFlag) return value > 0 ? phrase.noun : fmt::format("not {}", phrase.noun);
  const std::string amount = AmountText(unit, value);
  return fmt::format(fmt::runtime(phrase.fact), amount, amount == "1" ? "" : "s");
}

}  // namespace segmentd::segment
