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

std::optional<Meaning> ShareMeaning(std::string_view name, std::string_view prefix, Source share,
                                    Source other) {
  if (name.size() <= prefix.size() || name.substr(0, prefix.size()) != prefix) return std::nullopt;
  const std::string_view of = name.substr(prefix.size());
  if (of == kOther) return Meaning{other, Shape::kShare, {}, {}};
  return Meaning{share, Shape::kShare, of, {}};
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

template <int kMax>
double SumOf(const NamedSums<kMax>& sums, std::uint64_t name) {
  for (std::size_t i = 0; i < sums.count; ++i) {
    if (sums.at[i].name == name) return sums.at[i].sum;
  }
  return 0;
}

// What a total holds beyond the names that have a feature of their own.
template <int kMax>
double OtherSum(const NamedSums<kMax>& sums, std::span<const std::uint64_t> named, double total,
                bool decimal) {
  for (std::size_t i = 0; i < sums.count; ++i) {
    const bool own = std::find(named.begin(), named.end(), sums.at[i].name) != named.end();
    if (own) total -= sums.at[i].sum;
  }
  return std::max(decimal ? RoundDecimal(total) : total, 0.0);
}

double Share(double part, double whole) { return whole == 0 ? kMissing : part / whole; }

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
    if (meaning->source == kCategoryShare) set.categories_.push_back(Hash64(meaning->name));
    if (meaning->source == kChannelShare) set.channels_.push_back(Hash64(meaning->name));
  }
  return set;
}

void FeatureSet::Snapshot(const Record& record, std::int64_t as_of_ms,
                          std::span<double> out) const {
  SEGMENTD_ASSERT(out.size() == columns_.size(), "one place for each feature");
  SEGMENTD_ASSERT(as_of_ms >= record.last_event_ms || record.events == 0,
                  "a snapshot is not older than the newest event");
  const auto fixed = FixedValues(record, as_of_ms);
  const double orders = static_cast<double>(record.orders);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    switch (column.source) {
      case kCategoryShare:
        out[i] = Share(SumOf(record.categories, column.name), record.gross);
        break;
      case kCategoryOther:
        out[i] = Share(OtherSum(record.categories, categories_, record.gross, record.decimal),
                       record.gross);
        break;
      case kChannelShare:
        out[i] = Share(SumOf(record.channels, column.name), orders);
        break;
      case kChannelOther:
        out[i] = Share(OtherSum(record.channels, channels_, orders, true), orders);
        break;
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
