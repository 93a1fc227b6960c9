#include "vocabulary.h"

#include <algorithm>
#include <map>
#include <utility>

#include "segmentd/base/text.h"

namespace segmentd::train {
namespace {

std::vector<std::string> Ranked(const Names& names, const std::vector<double>& weights) {
  std::vector<std::pair<double, std::string>> weighted;
  for (std::uint32_t i = 0; i < names.size(); ++i) weighted.emplace_back(weights[i], names.text(i));
  return ByWeight(std::move(weighted));
}

std::vector<std::string> ValuesOf(const EventTable& table, const std::string& attribute_name) {
  std::map<std::string, double> counts;
  for (const auto& [customer, attributes] : table.profiles) {
    for (const StoredAttribute& attribute : attributes) {
      if (attribute.name == attribute_name && !attribute.is_number) ++counts[attribute.text];
    }
  }
  std::vector<std::pair<double, std::string>> weighted;
  for (const auto& [value, count] : counts) weighted.emplace_back(count, value);
  return ByWeight(std::move(weighted));
}

}  // namespace

// Names become parts of feature names, so they have to be text.
std::vector<std::string> ByWeight(std::vector<std::pair<double, std::string>> weighted) {
  std::erase_if(weighted, [](const auto& entry) {
    return entry.first <= 0 || entry.second.empty() || !IsUtf8(entry.second);
  });
  std::sort(weighted.begin(), weighted.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::string> names;
  for (auto& [weight, name] : weighted) names.push_back(std::move(name));
  return names;
}

feature::Vocabulary CollectVocabulary(const EventTable& table, const feature::Plan& plan) {
  std::vector<double> spend(table.categories.size());
  std::vector<double> orders(table.channels.size());
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const Row& row = table.rows[i];
    if (row.kind != event::Kind::kPurchase) continue;
    spend[row.category] += row.amount;
    orders[row.channel] += 1;
  }
  feature::Vocabulary vocabulary;
  vocabulary.categories = Ranked(table.categories, spend);
  vocabulary.channels = Ranked(table.channels, orders);
  for (const std::string& attribute : plan.profile_names) {
    vocabulary.profile_values.push_back(ValuesOf(table, attribute));
  }
  return vocabulary;
}

}  // namespace segmentd::train
