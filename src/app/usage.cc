#include "app/usage.h"

#include <fmt/format.h>

#include <algorithm>

#include "segmentd/base/text.h"

namespace segmentd::app {
namespace {

const Command* FindCommand(std::string_view name) {
  const auto commands = Commands();
  const auto at = std::ranges::find(commands, name, &Command::name);
  return at == commands.end() ? nullptr : &*at;
}

constexpr std::string_view kRootExamples =
    "  segmentd init > segmentd.yaml\n"
    "  segmentd check-config -c segmentd.yaml\n"
    "  segmentd run -c segmentd.yaml\n";

std::string Nearest(std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto nearest = NearestName(word, views);
  return nearest ? fmt::format("; did you mean {}?", *nearest) : "";
}

std::vector<std::string> OptionNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// The innermost subcommand on the line, and its full name.
std::pair<const CLI::App*, std::string> Innermost(const CLI::App& root) {
  const CLI::App* at = &root;
  std::string name = root.get_name();
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    name += " " + at->get_name();
  }
  return {at, name};
}

}  // namespace

std::string HelpFormatter::make_description(const CLI::App* app) const {
  const Command* command = FindCommand(app->get_name());
  const std::string_view examples = command != nullptr             ? command->examples
                                    : app->get_parent() == nullptr ? kRootExamples
                                                                   : std::string_view{};
  std::string text = app->get_description() + "\n";
  if (!examples.empty()) text.append("\nExamples:\n").append(examples).append("\n");
  return text;
}

std::string HelpFormatter::make_subcommand(const CLI::App* subcommand) const {
  return fmt::format("  {:14}{}\n", subcommand->get_name(), subcommand->get_description());
}

std::string ExplainUsage(const CLI::App& root, const CLI::ParseError& error) {
  const auto [command, name] = Innermost(root);
  std::string text = error.what();
  // An argument that nobody took is the likelier slip than what then seems to be missing.
  const std::vector<std::string> extras = root.remaining(true);
  if (!extras.empty() && extras.front().starts_with('-')) {
    const std::string word = extras.front().substr(0, extras.front().find('='));
    text = fmt::format("{} takes no {}{}", name, word, Nearest(word, OptionNames(*command)));
  } else if (!extras.empty()) {
    std::vector<std::string> subcommands;
    for (const CLI::App* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
      subcommands.push_back(sub->get_name());
    }
    text = fmt::format("{} does not know what to do with `{}`{}", name, extras.front(),
                       Nearest(extras.front(), subcommands));
  }
  return fmt::format("segmentd: {}\n`{} --help` shows how it is used", text, name);
}

std::string ExplainUnknownCommand(std::string_view word) {
  if (word.empty() || word.starts_with('-') || FindCommand(word) != nullptr) return "";
  std::vector<std::string> names;
  for (const Command& command : Commands()) names.emplace_back(command.name);
  return fmt::format("segmentd: there is no command `{}`{}\n`segmentd --help` lists them", word,
                     Nearest(word, names));
}

}  // namespace segmentd::app
