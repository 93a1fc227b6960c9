#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "config/fields.h"
#include "segmentd/base/text.h"

namespace segmentd::config {
namespace {

// A configuration is a page; what is larger is some other file.
constexpr std::size_t kTextBytesMax = 1 << 20;

class Loader {
 public:
  explicit Loader(std::string_view name) : complaints_(name), fields_(Fields(config_)) {}

  void ReadText(std::string_view text) {
    try {
      const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
      if (documents.size() > 1) {
        complaints_.Add(documents[1].Mark(), "",
                        "a second document begins; a configuration is one");
      } else if (!documents.empty()) {
        ReadSection(documents[0], "");
      }
    } catch (const YAML::Exception& error) {
      complaints_.Add(error.mark, "", error.msg);
    }
  }

  void ReadEnvironment(const Environment& environment) {
    for (const std::string& entry : environment) {
      const std::size_t equals = entry.find('=');
      const std::string_view variable = std::string_view(entry).substr(0, equals);
      if (equals == std::string::npos || !variable.starts_with(kPrefix)) continue;
      if (variable == "SEGMENTD_DATA" || variable == "SEGMENTD_CACHE") continue;
      ReadVariable(variable, entry.substr(equals + 1));
    }
  }

  Result<Loaded> Finish(const Check& check) {
    // Values that were refused keep their defaults; comparing those would mislead.
    if (complaints_.ToStatus().ok()) CheckTogether(config_, complaints_);
    if (complaints_.ToStatus().ok() && check) {
      for (const Mistake& found : check(config_)) complaints_.AddFor(found.path, found.message);
    }
    SEGMENTD_RETURN_IF_ERROR(complaints_.ToStatus());
    return Loaded{std::move(config_), std::move(warnings_)};
  }

 private:
  static constexpr std::string_view kPrefix = "SEGMENTD_";

  // section: "" or "kafka." with its dot.
  void ReadSection(const YAML::Node& node, const std::string& section) {
    const std::string_view name =
        std::string_view(section).substr(0, section.empty() ? 0 : section.size() - 1);
    if (node.IsNull()) return;
    if (!node.IsMap()) {
      complaints_.Add(node.Mark(), name, "expected a map of `key: value` lines");
      return;
    }
    std::set<std::string> seen;
    for (const auto& pair : node) {
      const YAML::Node& key = pair.first;
      if (!key.IsScalar()) {
        complaints_.Add(key.Mark(), name, "a key must be a name");
      } else if (!seen.insert(key.Scalar()).second) {
        complaints_.Add(key.Mark(), "",
                        fmt::format("`{}{}` stands here twice; remove one", section, key.Scalar()));
      } else {
        ReadKey(section, key, pair.second);
      }
    }
  }

  void ReadKey(const std::string& section, const YAML::Node& key, const YAML::Node& value) {
    const std::string path = section + key.Scalar();
    if (const Field* field = Find(path)) {
      field->value->Read(value, path, complaints_);
      complaints_.Remember(path, value.Mark());
    } else if (IsSection(path)) {
      ReadSection(value, path + ".");
    } else {
      complaints_.Add(key.Mark(), "",
                      fmt::format("unknown key `{}`{}", path, Suggest(section, key.Scalar())));
    }
  }

  void ReadVariable(std::string_view variable, const std::string& text) {
    const std::string path = PathOf(variable);
    complaints_.UseVariable(variable);
    if (const Field* field = Find(path)) {
      SetFromVariable(*field, text);
    } else if (IsSection(path)) {
      complaints_.Add(YAML::Mark::null_mark(), "",
                      fmt::format("{} is a section; set one field of it, such as {}", path,
                                  VariableOf(FirstIn(path))));
    } else if (variable.find("__") != std::string_view::npos) {
      complaints_.Add(YAML::Mark::null_mark(), "",
                      fmt::format("no such field{}", SuggestVariable(variable)));
    } else if (const std::string suggestion = SuggestVariable(variable); !suggestion.empty()) {
      warnings_.push_back(
          fmt::format("environment {}: not a field, ignored{}", variable, suggestion));
    }
    complaints_.UseVariable("");
  }

  void SetFromVariable(const Field& field, const std::string& text) {
    try {
      const bool null = text.empty() || text == "null" || text == "~";
      const YAML::Node node = field.value->collection() ? YAML::Load(text)
                              : null                    ? YAML::Node(YAML::NodeType::Null)
                                                        : YAML::Node(text);
      field.value->Read(node, field.path, complaints_);
      complaints_.Remember(field.path, YAML::Mark::null_mark());
    } catch (const YAML::Exception& error) {
      complaints_.Add(error.mark, field.path, error.msg);
    }
  }

  const Field* Find(std::string_view path) const {
    const auto field = std::ranges::find(fields_, path, &Field::path);
    return field == fields_.end() ? nullptr : &*field;
  }

  bool IsSection(std::string_view path) const { return !FirstIn(path).empty(); }

  std::string_view FirstIn(std::string_view path) const {
    for (const Field& field : fields_) {
      if (field.path.size() > path.size() && field.path.starts_with(path) &&
          field.path[path.size()] == '.') {
        return field.path;
      }
    }
    return {};
  }

  // The nearest name at this place, else the places where the very name is known.
  std::string Suggest(std::string_view section, std::string_view key) const {
    std::vector<std::string_view> siblings;
    for (const Field& field : fields_) {
      if (!field.path.starts_with(section)) continue;
      const std::string_view rest = field.path.substr(section.size());
      siblings.push_back(rest.substr(0, rest.find('.')));
    }
    if (std::string near = DidYouMean(key, siblings); !near.empty()) return near;
    for (const Field& field : fields_) {
      if (field.path.ends_with(fmt::format(".{}", key))) {
        return fmt::format("; did you mean `{}`?", field.path);
      }
    }
    std::ranges::sort(siblings);
    siblings.erase(std::unique(siblings.begin(), siblings.end()), siblings.end());
    return fmt::format("; known here: {}", fmt::join(siblings, ", "));
  }

  std::string SuggestVariable(std::string_view variable) const {
    std::vector<std::string> names;
    for (const Field& field : fields_) names.push_back(VariableOf(field.path));
    return DidYouMean(variable, {names.begin(), names.end()});
  }

  static std::string PathOf(std::string_view variable) {
    std::string path;
    variable.remove_prefix(kPrefix.size());
    while (!variable.empty()) {
      if (variable.starts_with("__")) {
        path += '.';
        variable.remove_prefix(2);
      } else {
        path += static_cast<char>(std::tolower(static_cast<unsigned char>(variable.front())));
        variable.remove_prefix(1);
      }
    }
    return path;
  }

  static std::string VariableOf(std::string_view path) {
    std::string variable(kPrefix);
    for (const char c : path) {
      if (c == '.') {
        variable += "__";
      } else {
        variable += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      }
    }
    return variable;
  }

  Config config_;
  Complaints complaints_;
  std::vector<Field> fields_;
  std::vector<std::string> warnings_;
};

Result<std::string> ReadWhole(const std::string& path, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  std::string text(bytes_max + 1, '\0');
  if (!file || !(file.read(text.data(), static_cast<std::streamsize>(text.size())) || file.eof())) {
    return Fail(Code::kConfig, "{}: cannot be read; does it exist, and may this user read it?",
                path);
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max) {
    return Fail(Code::kConfig, "{}: larger than {} bytes; is it the right file?", path, bytes_max);
  }
  return text;
}

}  // namespace

Environment ProcessEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    environment.emplace_back(*entry);
  }
  return environment;
}

Result<Loaded> Parse(std::string_view text, std::string_view name, const Environment& environment,
                     const Check& check) {
  if (!IsUtf8(text)) return Fail(Code::kConfig, "{}: not UTF-8 text; is it the right file?", name);
  Loader loader(name);
  loader.ReadText(text);
  loader.ReadEnvironment(environment);
  return loader.Finish(check);
}

Result<Loaded> Load(const std::string& path, const Environment& environment, const Check& check) {
  SEGMENTD_ASSIGN_OR_RETURN(const std::string text, ReadWhole(path, kTextBytesMax));
  return Parse(text, path, environment, check);
}

Result<std::string> ReadSecret(const std::string& path, std::string_view what) {
  Result<std::string> text = ReadWhole(path, 1 << 16);
  if (!text.ok()) return tl::unexpected(text.error().With(what));
  const std::size_t first = text->find_first_not_of(" \t\r\n");
  if (first == std::string::npos) {
    return Fail(Code::kConfig, "{}: {} is empty; write the secret into it", what, path);
  }
  return text->substr(first, text->find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace segmentd::config
