#include "segmentd/feature/feature_set.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "catalogue.h"
#include "segmentd/base/assert.h"
#include "segmentd/base/hash.h"
#include "segmentd/base/text.h"
#include "segmentd/feature/money.h"

namespace segmentd::feature {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

struct Meaning {
  Source source;
  Shape shape;
  std::string_view name;   // of a category, a channel, an attribute
  std::string_view value;  // of an attribute
};

// What stands behind the prefix, if anything does.
std::optional<std::string_view> Behind(std::string_view prefix, std::string_view name) {
  if (name.size() <= prefix.size() || !name.starts_with(prefix)) return std::nullopt;
  return name.substr(prefix.size());
}

std::optional<Meaning> ShareMeaning(std::string_view name, std::string_view prefix, Source share,
                                    Source other) {
  const auto of = Behind(prefix, name);
  if (!of) return std::nullopt;
  if (*of == kOther) return Meaning{other, Shape::kShare, {}, {}};
  return Meaning{share, Shape::kShare, *of, {}};
}

// "region_code_x" is of the attribute "region_code" where there is one, else of "region".
std::optional<Meaning> OneHotMeaning(std::string_view name,
                                     std::span<const std::string> profile_names) {
  std::optional<Meaning> meaning;
  for (const std::string_view attribute : profile_names) {
    const std::size_t size = attribute.size();
    if (name.size() < size + 2 || name.substr(0, size) != attribute || name[size] != '_') continue;
    if (meaning && meaning->name.size() >= size) continue;
    meaning = Meaning{kProfileValue, Shape::kFlag, attribute, name.substr(size + 1)};
  }
  return meaning;
}

std::optional<Meaning> MeaningOf(std::string_view name,
                                 std::span<const std::string> profile_numbers,
                                 std::span<const std::string> profile_names) {
  const auto catalogue = Catalogue();
  for (std::size_t i = 0; i < catalogue.size(); ++i) {
    if (catalogue[i].name == name)
      return Meaning{static_cast<Source>(i), catalogue[i].shape, {}, {}};
  }
  if (auto share = ShareMeaning(name, kCategoryPrefix, kCategoryShare, kCategoryOther))
    return share;
  if (auto share = ShareMeaning(name, kChannelPrefix, kChannelShare, kChannelOther)) return share;
  if (std::find(profile_numbers.begin(), profile_numbers.end(), name) != profile_numbers.end()) {
    return Meaning{kProfileNumber, Shape::kPlain, name, {}};
  }
  return OneHotMeaning(name, profile_names);
}

tl::unexpected<Error> UnknownName(std::string_view name,
                                  std::span<const std::string> profile_numbers) {
  std::vector<std::string_view> known(profile_numbers.begin(), profile_numbers.end());
  for (const CatalogueEntry& entry : Catalogue()) known.push_back(entry.name);
  if (const auto nearest = NearestName(name, known)) {
    return Fail(Code::kConfig, "there is no feature \"{}\"; did you mean \"{}\"?", name, *nearest);
  }
  return Fail(Code::kConfig,
              "there is no feature \"{}\", and no profile attribute of that name is configured",
              name);
}

double Share(double part, double whole) { return whole == 0 ? kMissing : part / whole; }

// The shares of a total, in one pass over its sums; other: what it holds beyond the names that have
// a feature of their own.
template <int kMax>
void FillShares(const NamedSums<kMax>& sums, double total, bool decimal, const NamedShares& shares,
                std::span<double> out) {
  for (const std::size_t column : shares.columns) out[column] = Share(0, total);
  double other = total;
  for (std::size_t i = 0; i < sums.count; ++i) {
    const auto own = std::find(shares.names.begin(), shares.names.end(), sums.at[i].name);
    if (own == shares.names.end()) continue;
    const auto column = shares.columns[static_cast<std::size_t>(own - shares.names.begin())];
    out[column] = Share(sums.at[i].sum, total);
    other -= sums.at[i].sum;
  }
  if (!shares.other) return;
  out[*shares.other] = Share(std::max(decimal ? RoundDecimal(other) : other, 0.0), total);
}

const AttributeValue* FindAttribute(const Record& record, std::uint64_t name) {
  for (std::size_t i = 0; i < record.attribute_count; ++i) {
    if (record.attributes[i].name == name) return &record.attributes[i];
  }
  return nullptr;
}

double ProfileNumber(const Record& record, std::uint64_t name) {
  const AttributeValue* attribute = FindAttribute(record, name);
  return attribute != nullptr && attribute->is_number ? attribute->number : kMissing;
}

double OneHot(const Record& record, std::uint64_t name, std::uint64_t value) {
  const AttributeValue* attribute = FindAttribute(record, name);
  if (attribute == nullptr) return kMissing;
  return !attribute->is_number && attribute->text == value ? 1 : 0;
}

}  // namespace

std::optional<FrozenName> FrozenNameOf(std::string_view feature,
                                       std::span<const std::string> profile_names) {
  using Of = FrozenName::Of;
  if (const auto name = Behind(kCategoryPrefix, feature)) {
    return FrozenName{Of::kCategory, {}, *name};
  }
  if (const auto name = Behind(kChannelPrefix, feature)) {
    return FrozenName{Of::kChannel, {}, *name};
  }
  if (const auto value = OneHotMeaning(feature, profile_names)) {
    return FrozenName{Of::kAttribute, value->name, value->value};
  }
  return std::nullopt;
}

Result<FeatureSet> FeatureSet::Compile(std::span<const std::string> names,
                                       std::span<const std::string> profile_numbers,
                                       std::span<const std::string> profile_names) {
  FeatureSet set;
  for (const std::string& name : names) {
    const auto meaning = MeaningOf(name, profile_numbers, profile_names);
    if (!meaning) return UnknownName(name, profile_numbers);
    if (std::find(set.names_.begin(), set.names_.end(), name) != set.names_.end()) {
      return Fail(Code::kConfig, "the feature \"{}\" is listed twice; name it once", name);
    }
    set.names_.push_back(name);
    set.shapes_.push_back(meaning->shape);
    set.columns_.push_back({meaning->source, Hash64(meaning->name), Hash64(meaning->value)});
    const std::size_t column = set.columns_.size() - 1;
    if (meaning->source == kCategoryShare) set.categories_.Add(Hash64(meaning->name), column);
    if (meaning->source == kCategoryOther) set.categories_.other = column;
    if (meaning->source == kChannelShare) set.channels_.Add(Hash64(meaning->name), column);
    if (meaning->source == kChannelOther) set.channels_.other = column;
  }
  return set;
}

void FeatureSet::Snapshot(const Record& record, std::int64_t as_of_ms,
                          std::span<double> out) const {
  SEGMENTD_ASSERT(out.size() == columns_.size(), "one place for each feature");
  SEGMENTD_ASSERT(as_of_ms >= record.last_event_ms || record.events == 0,
                  "a snapshot is not older than the newest event");
  const auto fixed = FixedValues(record, as_of_ms);
  FillShares(record.categories, record.gross, record.decimal, categories_, out);
  FillShares(record.channels, static_cast<double>(record.orders), true, channels_, out);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    switch (column.source) {
      case kCategoryShare:
      case kCategoryOther:
      case kChannelShare:
      case kChannelOther:
        break;  // above
      case kProfileNumber:
        out[i] = ProfileNumber(record, column.name);
        break;
      case kProfileValue:
        out[i] = OneHot(record, column.name, column.value);
        break;
      default:
        out[i] = fixed[column.source];
    }
  }
}

}  // namespace segmentd::feature
