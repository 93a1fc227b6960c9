#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/complaints.h"
#include "segmentd/config/config.h"

namespace segmentd::config {

// How one field's text becomes its value and back. Refers to the member it stands for.
class Value {
 public:
  virtual ~Value() = default;
  // Sets the member, or complains and leaves it.
  virtual void Read(const YAML::Node& node, std::string_view path, Complaints& complaints) = 0;
  // A YAML flow text that Read takes back.
  virtual std::string Print() const = 0;
  // What may stand here, for comments and complaints: "a whole number, 1..64".
  virtual std::string Expected() const = 0;
  // A list or a map: in the environment it is written in YAML's flow style.
  virtual bool collection() const { return false; }
};

using ValuePtr = std::unique_ptr<Value>;

// What a text must look like beyond being one: nothing, or why it is refused.
using TextRule = std::function<std::optional<std::string>(std::string_view)>;

ValuePtr Text(std::string& member, std::string expected, TextRule rule);
ValuePtr OptionalText(std::optional<std::string>& member, std::string expected, TextRule rule);
ValuePtr Flag(bool& member);
ValuePtr Integer(int& member, int min, int max);
ValuePtr Number(double& member, double min, double max);
ValuePtr Duration(std::int64_t& member_ms, std::int64_t min_ms, std::int64_t max_ms);
ValuePtr OptionalDuration(std::optional<std::int64_t>& member_ms, std::int64_t min_ms,
                          std::int64_t max_ms);
ValuePtr Bytes(std::int64_t& member, std::int64_t min, std::int64_t max);
ValuePtr ClusterRange(Clusters& member, int min, int max);
ValuePtr StatePeriod(StateOutput& member);
// A list of distinct integers out of those allowed.
ValuePtr Selection(std::vector<int>& member, std::vector<int> allowed);
ValuePtr Names(std::vector<std::string>& member, std::string expected, std::size_t size_max);
ValuePtr ClientKeys(std::map<std::string, std::string>& member, std::string expected,
                    TextRule key_rule);
// fields: our name -> path | {constant: value}. known empty: any name.
ValuePtr FieldSources(std::map<std::string, event::FieldSource>& member,
                      std::vector<std::string_view> known);

// One of the named values of an enum.
struct ChoiceAccess {
  std::vector<std::string_view> names;
  std::function<std::size_t()> get;  // index into names
  std::function<void(std::size_t)> set;
};
ValuePtr ChoiceOf(ChoiceAccess access);

template <typename Enum>
ValuePtr Choice(Enum& member, std::initializer_list<std::pair<std::string_view, Enum>> options) {
  ChoiceAccess access;
  std::vector<Enum> values;
  for (const auto& [name, value] : options) {
    access.names.push_back(name);
    values.push_back(value);
  }
  access.get = [&member, values] {
    std::size_t at = 0;
    while (values[at] != member) ++at;
    return at;
  };
  access.set = [&member, values](std::size_t at) { member = values[at]; };
  return ChoiceOf(std::move(access));
}

// A text as a YAML scalar: plain where that reads back as the same text, else quoted.
std::string QuoteYaml(std::string_view text);
std::string DoubleQuoteYaml(std::string_view text);
// "; did you mean `x`?", or nothing.
std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace segmentd::config
