#include <fmt/format.h>

#include <iterator>
#include <string>

#include "config/fields.h"

namespace segmentd::config {
namespace {

constexpr std::string_view kHeader =
    "# The configuration of segmentd. Every field, its meaning, what it takes; the values are in "
    "force.\n"
    "# SEGMENTD_SECTION__FIELD in the environment overrides a field: "
    "SEGMENTD_KAFKA__BROKERS=host:9092\n";

// Writes the section lines that path needs and the one before it had not.
int OpenSections(std::string_view path, std::string_view before, std::string& out) {
  int depth = 0;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos;
       dot = path.find('.', dot + 1)) {
    const std::string_view section = path.substr(0, dot + 1);
    if (!before.starts_with(section)) {
      const std::size_t start = section.rfind('.', dot - 1);
      const std::string_view name = section.substr(start == std::string_view::npos ? 0 : start + 1);
      if (depth == 0) out += '\n';
      out.append(static_cast<std::size_t>(depth) * 2, ' ').append(name.substr(0, name.size() - 1));
      out += ":\n";
    }
    ++depth;
  }
  return depth;
}

}  // namespace

std::string Render(const Config& config) {
  Config copy = config;  // fields refer to members that can be set
  std::string out(kHeader);
  std::string_view before;
  for (const Field& field : Fields(copy)) {
    const int depth = OpenSections(field.path, before, out);
    if (depth == 0) out += '\n';
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    const std::string_view name = field.path.substr(field.path.rfind('.') + 1);
    fmt::format_to(std::back_inserter(out), "{0}# {1}\n{0}#   {2}\n{0}{3}: {4}\n", indent,
                   field.meaning, field.value->Expected(), name, field.value->Print());
    before = field.path;
  }
  return out;
}

}  // namespace segmentd::config
