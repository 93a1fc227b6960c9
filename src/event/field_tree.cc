#include "field_tree.h"

#include <algorithm>
#include <optional>

namespace segmentd::event {
namespace {

// "~1" is "/" and "~0" is "~" in a JSON pointer; nothing for any other "~".
std::optional<std::string> Unescape(std::string_view token) {
  std::string name;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      name.push_back(token[i]);
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    name.push_back(token[i] == '0' ? '~' : '/');
  }
  return name;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Result<std::vector<std::string>> ParsePointer(std::string_view path) {
  std::vector<std::string> names;
  for (const std::string_view token : Split(path.substr(1), '/')) {
    std::optional<std::string> name = Unescape(token);
    if (!name.has_value()) {
      return Fail(Code::kConfig,
                  "\"{}\" is no JSON pointer: write \"~0\" for \"~\" and \"~1\" for \"/\"", path);
    }
    names.push_back(std::move(*name));
  }
  return names;
}

Result<std::vector<std::string>> ParsePath(std::string_view path) {
  if (path.empty()) {
    return Fail(Code::kConfig, "the path is empty: name a field, such as \"order.total\"");
  }
  if (path.front() == '/') return ParsePointer(path);
  const std::vector<std::string_view> parts = Split(path, '.');
  if (std::any_of(parts.begin(), parts.end(), [](auto part) { return part.empty(); })) {
    return Fail(Code::kConfig,
                "\"{}\" is no dotted path: it has an empty part; a name that has dots or is empty "
                "needs a JSON pointer, such as \"/order.total\"",
                path);
  }
  return std::vector<std::string>(parts.begin(), parts.end());
}

}  // namespace

Status FieldTree::Add(std::string_view path, std::uint16_t target) {
  SEGMENTD_ASSIGN_OR_RETURN(const std::vector<std::string> names, ParsePath(path));
  NodeId node = kRoot;
  for (const std::string& name : names) node = Child(node, name);
  nodes_[node].targets.push_back(target);
  return Ok();
}

void FieldTree::AddName(std::string_view name, std::uint16_t target) {
  nodes_[Child(kRoot, name)].targets.push_back(target);
}

FieldTree::NodeId FieldTree::Child(NodeId parent, std::string_view name) {
  if (const NodeId found = Find(parent, name); found != kNone) return found;
  const auto id = static_cast<NodeId>(nodes_.size());
  nodes_.emplace_back();
  nodes_[id].name = name;
  NodeId& slot = nodes_[parent].slots[Slot(name)];
  nodes_[id].next = slot;
  slot = id;
  nodes_[parent].inner = true;
  return id;
}

}  // namespace segmentd::event
