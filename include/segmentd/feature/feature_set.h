#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/feature/fold.h"
#include "segmentd/feature/record.h"

namespace segmentd::feature {

// How a feature's values are spread; the scaler picks its transform by it.
enum class Shape : std::uint8_t { kHeavyTail, kSigned, kRatio, kShare, kPlain, kFlag };

// A category's share is called by this and its name; kOther takes the place of the names that are
// not frozen.
inline constexpr std::string_view kCategoryPrefix = "category_share_";
inline constexpr std::string_view kOther = "other";

// What the configuration selects from the catalogue. The default is all of it.
struct Plan {
  std::vector<int> windows_days = {7, 30, 90, 360};  // a subset of these
  std::vector<int> half_lives_days = {7, 30, 180};   // a subset of these
  std::vector<std::string> exclude;                  // feature names, or a prefix ending in '*'
  int categories = 8;                                // how many names are frozen per model
  int channels = 4;
  std::vector<std::string> profile_numbers = {"age", "income"};
  std::vector<std::string> profile_names = {"region", "gender"};
  int profile_values = 6;  // most frequent values per profile name
};

// The names that occur in a history, most frequent first: what a plan freezes.
struct Vocabulary {
  std::vector<std::string> categories;
  std::vector<std::string> channels;
  std::vector<std::vector<std::string>> profile_values;  // one list per Plan::profile_names
};

// The feature names of a plan over a vocabulary, in catalogue order. Every share group ends with
// its "_other", where a name that is itself "other" counts too.
std::vector<std::string> FeatureNames(const Plan& plan, const Vocabulary& vocabulary);

// What a feature's name says that follows from a history and not from the plan alone: a category, a
// channel, or an attribute's value.
struct FrozenName {
  enum class Of { kCategory, kChannel, kAttribute };
  Of of = Of::kCategory;
  std::string_view attribute;  // of an attribute's value
  std::string_view name;       // kOther: of all that have no feature
};
std::optional<FrozenName> FrozenNameOf(std::string_view feature,
                                       std::span<const std::string> profile_names);

// The columns that share out one total: of each name (its hash), and of what remains.
struct NamedShares {
  std::vector<std::uint64_t> names;
  std::vector<std::size_t> columns;  // one per name
  std::optional<std::size_t> other;

  void Add(std::uint64_t name, std::size_t column) {
    names.push_back(name);
    columns.push_back(column);
  }
};

// A list of feature names compiled into a snapshot function: one function for serving and training.
// Immutable and thread-safe after Compile.
class FeatureSet {
 public:
  // kConfig with the nearest name when one is unknown. profile_names tells which prefixes
  // ("region_north") are one-hot profile values and profile_numbers which names are profile
  // numbers.
  static Result<FeatureSet> Compile(std::span<const std::string> names,
                                    std::span<const std::string> profile_numbers,
                                    std::span<const std::string> profile_names);

  int size() const { return static_cast<int>(names_.size()); }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<Shape>& shapes() const { return shapes_; }
  FrozenNames frozen() const { return {categories_.names, channels_.names}; }

  // Writes size() raw values as of an instant; NaN is "missing". Same record and instant: same
  // bits. Before the first purchase, what measures time since a purchase or divides by purchases is
  // missing, trend and the purchase-day features with it; windows and decayed sums stay sums: 0, or
  // below it after a refund. A one-hot value is missing where its attribute is.
  // REQUIRES: as_of_ms >= record.last_event_ms, out.size() == size().
  void Snapshot(const Record& record, std::int64_t as_of_ms, std::span<double> out) const;

 private:
  // One column: what to read of a record (an index into the catalogue) and with which argument.
  struct Column {
    std::uint16_t source = 0;
    std::uint64_t name = 0;   // hash of a category, a channel, an attribute
    std::uint64_t value = 0;  // hash of a one-hot value
  };

  std::vector<std::string> names_;
  std::vector<Shape> shapes_;
  std::vector<Column> columns_;
  NamedShares categories_;
  NamedShares channels_;
};

}  // namespace segmentd::feature
