#include "catalogue.h"

#include <algorithm>
#include <string>
#include <vector>

#include "decay.h"
#include "windows.h"

namespace segmentd::feature {
namespace {

constexpr std::array<CatalogueEntry, kFixedSources> kCatalogue = {{
    {"idle_days", Shape::kHeavyTail},    {"tenure_days", Shape::kHeavyTail},
    {"orders_7d", Shape::kHeavyTail},    {"orders_30d", Shape::kHeavyTail},
    {"orders_90d", Shape::kHeavyTail},   {"orders_360d", Shape::kHeavyTail},
    {"spend_7d", Shape::kSigned},        {"spend_30d", Shape::kSigned},
    {"spend_90d", Shape::kSigned},       {"spend_360d", Shape::kSigned},
    {"refunds_7d", Shape::kHeavyTail},   {"refunds_30d", Shape::kHeavyTail},
    {"refunds_90d", Shape::kHeavyTail},  {"refunds_360d", Shape::kHeavyTail},
    {"orders_h7d", Shape::kHeavyTail},   {"orders_h30d", Shape::kHeavyTail},
    {"orders_h180d", Shape::kHeavyTail}, {"spend_h7d", Shape::kSigned},
    {"spend_h30d", Shape::kSigned},      {"spend_h180d", Shape::kSigned},
    {"aov", Shape::kHeavyTail},          {"basket", Shape::kHeavyTail},
    {"discount_share", Shape::kShare},   {"refund_share", Shape::kShare},
    {"weekend_share", Shape::kShare},    {"gap_mean_days", Shape::kHeavyTail},
    {"gap_cv", Shape::kRatio},           {"trend", Shape::kRatio},
    {"frequency", Shape::kHeavyTail},    {"recency_weeks", Shape::kHeavyTail},
    {"age_weeks", Shape::kHeavyTail},    {"monetary", Shape::kHeavyTail},
}};

// Whether the plan's windows and half-lives, which the name ends with, hold a fixed source.
bool Selected(const Plan& plan, std::size_t source) {
  const auto has = [](const std::vector<int>& days, int wanted) {
    return std::find(days.begin(), days.end(), wanted) != days.end();
  };
  if (source >= kOrders7 && source < kOrdersH7) {
    return has(plan.windows_days, kWindowDays[(source - kOrders7) % kWindowDays.size()]);
  }
  if (source >= kOrdersH7 && source < kAov) {
    return has(plan.half_lives_days, kHalfLifeDays[(source - kOrdersH7) % kHalfLives]);
  }
  return true;
}

bool Excluded(const Plan& plan, std::string_view name) {
  return std::any_of(plan.exclude.begin(), plan.exclude.end(), [&](std::string_view pattern) {
    if (pattern.empty() || pattern.back() != '*') return name == pattern;
    pattern.remove_suffix(1);
    return name.substr(0, pattern.size()) == pattern;
  });
}

// At most `limit` names that can stand in a feature's name: "other" means all the rest.
std::vector<std::string_view> Leading(const std::vector<std::string>& names, int limit) {
  std::vector<std::string_view> leading;
  for (const std::string& name : names) {
    if (static_cast<int>(leading.size()) >= limit) break;
    if (!name.empty() && name != kOther) leading.push_back(name);
  }
  return leading;
}

class NameList {
 public:
  explicit NameList(const Plan& plan) : plan_(plan) {}

  void Add(std::string name) {
    if (!Excluded(plan_, name)) names_.push_back(std::move(name));
  }
  void AddFixed(std::size_t first, std::size_t end) {
    for (std::size_t source = first; source < end; ++source) {
      if (Selected(plan_, source)) Add(std::string(kCatalogue[source].name));
    }
  }
  void AddShares(std::string_view prefix, const std::vector<std::string>& names, int limit) {
    for (const std::string_view name : Leading(names, limit)) {
      Add(std::string(prefix).append(name));
    }
    Add(std::string(prefix).append(kOther));
  }
  std::vector<std::string> Take() { return std::move(names_); }

 private:
  const Plan& plan_;
  std::vector<std::string> names_;
};

}  // namespace

std::span<const CatalogueEntry, kFixedSources> Catalogue() { return kCatalogue; }

std::vector<std::string> FeatureNames(const Plan& plan, const Vocabulary& vocabulary) {
  NameList list(plan);
  list.AddFixed(0, kFrequency);
  list.AddShares(kCategoryPrefix, vocabulary.categories, std::min(plan.categories, kCategorySlots));
  list.AddShares(kChannelPrefix, vocabulary.channels, std::min(plan.channels, kChannelSlots));
  list.AddFixed(kFrequency, kFixedSources);
  for (const std::string& number : plan.profile_numbers) list.Add(number);
  const std::size_t attributes =
      std::min(plan.profile_names.size(), vocabulary.profile_values.size());
  for (std::size_t i = 0; i < attributes; ++i) {
    const std::vector<std::string>& values = vocabulary.profile_values[i];
    const std::size_t kept =
        std::min(values.size(), static_cast<std::size_t>(std::max(plan.profile_values, 0)));
    for (std::size_t v = 0; v < kept; ++v) list.Add(plan.profile_names[i] + "_" + values[v]);
  }
  return list.Take();
}

}  // namespace segmentd::feature
