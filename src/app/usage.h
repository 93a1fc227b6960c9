#pragma once

#include <CLI/CLI.hpp>

#include "app/commands.h"

namespace segmentd::app {

// Help with examples first.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override;
  std::string make_subcommand(const CLI::App* subcommand) const override;
};

// What was wrong with the command line, with the nearest name where one was mistyped.
std::string ExplainUsage(const CLI::App& root, const CLI::ParseError& error);

// A first word that is no command; nothing when it is one, or an option.
std::string ExplainUnknownCommand(std::string_view word);

}  // namespace segmentd::app
