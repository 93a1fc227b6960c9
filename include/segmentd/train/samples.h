#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/feature/feature_set.h"
#include "segmentd/learn/reservoir.h"
#include "segmentd/learn/rows.h"

namespace segmentd::train {

// The names behind the hashes in customers' records, as they were met.
class Dictionary {
 public:
  void AddCategory(std::string_view name) { Add(name, categories_); }
  void AddChannel(std::string_view name) { Add(name, channels_); }
  void AddAttribute(std::string_view attribute, std::string_view value);
  // What a model froze, whoever said it: the samples that did may be gone.
  void Know(const learn::Schema& schema);

  // What a plan can freeze: categories by gross spend, channels by orders, profile values by
  // customers, of those whose names are known; the largest first and equals by name.
  feature::Vocabulary Rank(const std::vector<learn::Reservoir::Held>& customers,
                           const feature::Plan& plan) const;

 private:
  using Names = std::unordered_map<std::uint64_t, std::string>;
  static void Add(std::string_view name, Names& names);

  Names categories_;
  Names channels_;
  std::map<std::string, Names, std::less<>> attributes_;
};

// Snapshots of the customers to learn from. With now_ms each counts twice, as it does in a model
// that is made from a history: as of then, and behind all of those as of its own sample. Without,
// the latter alone. kCorruption: a record is none.
Result<learn::Rows> RowsOf(const std::vector<learn::Reservoir::Held>& customers,
                           const feature::FeatureSet& features, const learn::Schema& schema,
                           std::optional<std::int64_t> now_ms);

}  // namespace segmentd::train
