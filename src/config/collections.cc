#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "config/values.h"

namespace segmentd::config {
namespace {

class CollectionValue : public Value {
 public:
  bool collection() const override { return true; }

 protected:
  // Complains unless the node is of the kind asked for. A missing value is an empty collection.
  bool Is(YAML::NodeType::value kind, const YAML::Node& node, std::string_view path,
          Complaints& complaints) const {
    if (node.Type() == kind || node.IsNull()) return true;
    complaints.Add(node.Mark(), path, fmt::format("expected {}", Expected()));
    return false;
  }
};

class SelectionValue final : public CollectionValue {
 public:
  SelectionValue(std::vector<int>& member, std::vector<int> allowed)
      : member_(member), allowed_(std::move(allowed)) {}

  void Read(const YAML::Node& node, std::string_view path, Complaints& complaints) override {
    if (!Is(YAML::NodeType::Sequence, node, path, complaints)) return;
    std::vector<int> chosen;
    for (const YAML::Node& item : node) {
      int value = 0;
      const bool number = item.IsScalar() && YAML::convert<int>::decode(item, value);
      if (!number || std::ranges::find(allowed_, value) == allowed_.end()) {
        complaints.Add(item.Mark(), path, fmt::format("expected {}", Expected()));
        return;
      }
      chosen.push_back(value);
    }
    std::ranges::sort(chosen);
    if (std::ranges::adjacent_find(chosen) != chosen.end()) {
      complaints.Add(node.Mark(), path, "a number stands in the list twice; remove one");
      return;
    }
    member_ = chosen;
  }
  std::string Print() const override { return fmt::format("[{}]", fmt::join(member_, ", ")); }
  std::string Expected() const override {
    return fmt::format("a list of some of {}", fmt::join(allowed_, ", "));
  }

 private:
  std::vector<int>& member_;
  std::vector<int> allowed_;
};

class NamesValue final : public CollectionValue {
 public:
  NamesValue(std::vector<std::string>& member, std::string expected, std::size_t size_max)
      : member_(member), expected_(std::move(expected)), size_max_(size_max) {}

  void Read(const YAML::Node& node, std::string_view path, Complaints& complaints) override {
    if (!Is(YAML::NodeType::Sequence, node, path, complaints)) return;
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (const YAML::Node& item : node) {
      if (!item.IsScalar() || item.Scalar().empty()) {
        complaints.Add(item.Mark(), path, fmt::format("expected {}", Expected()));
        return;
      }
      if (!seen.insert(item.Scalar()).second) {
        complaints.Add(item.Mark(), path,
                       fmt::format("`{}` stands in the list twice; remove one", item.Scalar()));
        return;
      }
      names.push_back(item.Scalar());
    }
    if (names.size() > size_max_) {
      complaints.Add(node.Mark(), path,
                     fmt::format("at most {} names, found {}", size_max_, names.size()));
      return;
    }
    member_ = names;
  }
  std::string Print() const override {
    std::vector<std::string> quoted;
    for (const std::string& name : member_) quoted.push_back(QuoteYaml(name));
    return fmt::format("[{}]", fmt::join(quoted, ", "));
  }
  std::string Expected() const override { return expected_; }

 private:
  std::vector<std::string>& member_;
  std::string expected_;
  std::size_t size_max_;
};

// Visits a map's pairs; complains about keys that are no texts or stand there twice.
template <typename Visit>
void ForEachKey(const YAML::Node& map, std::string_view path, Complaints& complaints, Visit visit) {
  std::set<std::string> seen;
  for (const auto& pair : map) {
    const YAML::Node& key = pair.first;
    if (!key.IsScalar()) {
      complaints.Add(key.Mark(), path, "a key must be a name");
    } else if (!seen.insert(key.Scalar()).second) {
      complaints.Add(key.Mark(), path,
                     fmt::format("`{}` stands here twice; remove one", key.Scalar()));
    } else {
      visit(key.Scalar(), key.Mark(), pair.second);
    }
  }
}

class ClientValue final : public CollectionValue {
 public:
  ClientValue(std::map<std::string, std::string>& member, std::string expected, TextRule key_rule)
      : member_(member), expected_(std::move(expected)), key_rule_(std::move(key_rule)) {}

  void Read(const YAML::Node& node, std::string_view path, Complaints& complaints) override {
    if (!Is(YAML::NodeType::Map, node, path, complaints)) return;
    std::map<std::string, std::string> client;
    ForEachKey(node, path, complaints,
               [&](const std::string& key, const YAML::Mark& mark, const YAML::Node& value) {
                 if (const auto why = key_rule_(key)) {
                   complaints.Add(mark, path, *why);
                 } else if (!value.IsScalar()) {
                   complaints.Add(value.Mark(), path, fmt::format("`{}` takes one value", key));
                 } else {
                   client[key] = value.Scalar();
                   complaints.Remember(fmt::format("{}.{}", path, key), mark);
                 }
               });
    member_ = std::move(client);
  }
  std::string Print() const override {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : member_) {
      pairs.push_back(fmt::format("{}: {}", QuoteYaml(key), QuoteYaml(value)));
    }
    return fmt::format("{{{}}}", fmt::join(pairs, ", "));
  }
  std::string Expected() const override { return expected_; }

 private:
  std::map<std::string, std::string>& member_;
  std::string expected_;
  TextRule key_rule_;
};

class FieldSourcesValue final : public CollectionValue {
 public:
  FieldSourcesValue(std::map<std::string, event::FieldSource>& member,
                    std::vector<std::string_view> known)
      : member_(member), known_(std::move(known)) {}

  void Read(const YAML::Node& node, std::string_view path, Complaints& complaints) override {
    if (!Is(YAML::NodeType::Map, node, path, complaints)) return;
    std::map<std::string, event::FieldSource> fields;
    ForEachKey(node, path, complaints,
               [&](const std::string& key, const YAML::Mark& mark, const YAML::Node& value) {
                 if (!known_.empty() && std::ranges::find(known_, key) == known_.end()) {
                   complaints.Add(
                       mark, path,
                       fmt::format("unknown field `{}`{}", key, DidYouMean(key, known_)));
                 } else if (auto source = ReadSource(value)) {
                   fields[key] = *std::move(source);
                   complaints.Remember(fmt::format("{}.{}", path, key), value.Mark());
                 } else {
                   complaints.Add(value.Mark(), path,
                                  fmt::format("`{}` takes a path or {{constant: VALUE}}", key));
                 }
               });
    member_ = std::move(fields);
  }
  std::string Print() const override {
    std::vector<std::string> pairs;
    for (const auto& [key, source] : member_) {
      pairs.push_back(fmt::format("{}: {}", QuoteYaml(key), PrintSource(source)));
    }
    return fmt::format("{{{}}}", fmt::join(pairs, ", "));
  }
  std::string Expected() const override {
    return "a map of our field to a dotted path, a /json/pointer or {constant: VALUE}";
  }

 private:
  static std::optional<event::FieldSource> ReadSource(const YAML::Node& node) {
    if (node.IsScalar() && !node.Scalar().empty()) return event::FieldSource{node.Scalar(), {}};
    if (!node.IsMap() || node.size() != 1) return std::nullopt;
    const YAML::Node constant = node["constant"];
    if (!constant || !constant.IsScalar()) return std::nullopt;
    event::FieldSource source;
    double number = 0;
    if (constant.Tag() == "?" && YAML::convert<double>::decode(constant, number) &&
        std::isfinite(number)) {
      source.constant = number;
    } else {
      source.constant = constant.Scalar();
    }
    return source;
  }

  static std::string PrintSource(const event::FieldSource& source) {
    if (const double* number = std::get_if<double>(&source.constant)) {
      return fmt::format("{{constant: {}}}", *number);
    }
    if (const std::string* text = std::get_if<std::string>(&source.constant)) {
      return fmt::format("{{constant: {}}}", DoubleQuoteYaml(*text));
    }
    return QuoteYaml(source.path);
  }

  std::map<std::string, event::FieldSource>& member_;
  std::vector<std::string_view> known_;
};

}  // namespace

ValuePtr Selection(std::vector<int>& member, std::vector<int> allowed) {
  return std::make_unique<SelectionValue>(member, std::move(allowed));
}

ValuePtr Names(std::vector<std::string>& member, std::string expected, std::size_t size_max) {
  return std::make_unique<NamesValue>(member, std::move(expected), size_max);
}

ValuePtr ClientKeys(std::map<std::string, std::string>& member, std::string expected,
                    TextRule key_rule) {
  return std::make_unique<ClientValue>(member, std::move(expected), std::move(key_rule));
}

ValuePtr FieldSources(std::map<std::string, event::FieldSource>& member,
                      std::vector<std::string_view> known) {
  return std::make_unique<FieldSourcesValue>(member, std::move(known));
}

std::string DoubleQuoteYaml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += fmt::format("\\{}", c);
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string QuoteYaml(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '/' || c == '-';
  };
  const bool quote = text.empty() || text.front() == '-' || text == "null" || text == "Null" ||
                     text == "NULL" || !std::ranges::all_of(text, plain);
  return quote ? DoubleQuoteYaml(text) : std::string(text);
}

}  // namespace segmentd::config
