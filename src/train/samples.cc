#include "segmentd/train/samples.h"

#include <algorithm>
#include <memory>

#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"
#include "segmentd/feature/record.h"
#include "vocabulary.h"

namespace segmentd::train {
namespace {

using Weights = std::unordered_map<std::uint64_t, double>;

// Names that events and profiles made up one by one are not worth remembering all.
constexpr std::size_t kNamesMax = 10'000;

template <typename Sums>
void AddSums(const Sums& sums, double weight, Weights& totals) {
  for (std::size_t i = 0; i < sums.count; ++i) totals[sums.at[i].name] += weight * sums.at[i].sum;
}

std::vector<std::string> Known(const Weights& totals,
                               const std::unordered_map<std::uint64_t, std::string>& names) {
  std::vector<std::pair<double, std::string>> weighted;
  for (const auto& [hash, name] : names) {
    const auto total = totals.find(hash);
    if (total != totals.end()) weighted.emplace_back(total->second, name);
  }
  return ByWeight(std::move(weighted));
}

Status Decode(const learn::Row& row, feature::Record& record) {
  ByteReader in(row.record);
  SEGMENTD_RETURN_IF_ERROR(feature::DecodeRecord(in, record));
  if (row.as_of_ms >= record.last_event_ms) return Ok();
  return Fail(Code::kCorruption, "a sample is older than the events in its record");
}

std::span<double> Column(model::RawMatrix& values, std::size_t column) {
  return {values.col(static_cast<Eigen::Index>(column)).data(),
          static_cast<std::size_t>(values.rows())};
}

}  // namespace

void Dictionary::Add(std::string_view name, Names& names) {
  if (name.empty() || names.size() >= kNamesMax) return;
  const auto [at, is_new] = names.try_emplace(Hash64(name));
  if (is_new) at->second = name;
}

void Dictionary::AddAttribute(std::string_view attribute, std::string_view value) {
  auto at = attributes_.find(attribute);
  if (at == attributes_.end()) at = attributes_.emplace(std::string(attribute), Names{}).first;
  Add(value, at->second);
}

void Dictionary::Know(const learn::Schema& schema) {
  using Of = feature::FrozenName::Of;
  for (const std::string& feature : schema.features) {
    const auto frozen = feature::FrozenNameOf(feature, schema.profile_names);
    if (!frozen || frozen->name == feature::kOther) continue;
    if (frozen->of == Of::kAttribute) {
      AddAttribute(frozen->attribute, frozen->name);
    } else {
      Add(frozen->name, frozen->of == Of::kCategory ? categories_ : channels_);
    }
  }
}

feature::Vocabulary Dictionary::Rank(const std::vector<learn::Reservoir::Held>& customers,
                                     const feature::Plan& plan) const {
  Weights spend;
  Weights orders;
  std::unordered_map<std::uint64_t, Weights> values;
  const auto record = std::make_unique<feature::Record>();
  for (const auto& [row, weight] : customers) {
    if (!Decode(*row, *record).ok()) continue;
    AddSums(record->categories, weight, spend);
    AddSums(record->channels, weight, orders);
    for (std::size_t i = 0; i < record->attribute_count; ++i) {
      const feature::AttributeValue& value = record->attributes[i];
      if (!value.is_number) values[value.name][value.text] += weight;
    }
  }
  feature::Vocabulary vocabulary;
  vocabulary.categories = Known(spend, categories_);
  vocabulary.channels = Known(orders, channels_);
  for (const std::string& attribute : plan.profile_names) {
    const auto names = attributes_.find(attribute);
    vocabulary.profile_values.push_back(names == attributes_.end()
                                            ? std::vector<std::string>()
                                            : Known(values[Hash64(attribute)], names->second));
  }
  return vocabulary;
}

Result<learn::Rows> RowsOf(const std::vector<learn::Reservoir::Held>& customers,
                           const feature::FeatureSet& features, const learn::Schema& schema,
                           std::optional<std::int64_t> now_ms) {
  const std::size_t each = now_ms ? 2 : 1;
  learn::Rows rows;
  rows.schema = schema;
  rows.values.resize(features.size(), static_cast<Eigen::Index>(each * customers.size()));
  const auto record = std::make_unique<feature::Record>();
  std::size_t column = 0;
  const auto take = [&](std::size_t at, const learn::Row& row, std::int64_t as_of_ms,
                        double weight) {
    features.Snapshot(*record, as_of_ms, Column(rows.values, at));
    rows.customers[at] = row.customer;
    rows.as_of_ms[at] = as_of_ms;
    rows.weights[at] = weight;
  };
  rows.customers.resize(each * customers.size());
  rows.as_of_ms.resize(each * customers.size());
  rows.weights.resize(each * customers.size());
  for (const auto& [row, weight] : customers) {
    SEGMENTD_RETURN_IF_ERROR(Decode(*row, *record));
    if (now_ms) take(column, *row, std::max(*now_ms, row->as_of_ms), weight);
    take((each - 1) * customers.size() + column, *row, row->as_of_ms, weight);
    ++column;
  }
  return rows;
}

}  // namespace segmentd::train
