#pragma once

#include <functional>
#include <span>
#include <string_view>

namespace CLI {
class App;
}

namespace segmentd::app {

// Runs a parsed subcommand; the process ends with what it returns.
using Runner = std::function<int()>;

struct Command {
  std::string_view name;
  std::string_view meaning;          // one line
  std::string_view examples;         // lines, shown first in its help
  Runner (*add)(CLI::App& command);  // declares the options
};

// Every subcommand, in the order of the help.
std::span<const Command> Commands();

// One per file: src/app/<name>_command.cc.
Runner AddDemo(CLI::App& command);
Runner AddRun(CLI::App& command);
Runner AddInit(CLI::App& command);
Runner AddCheckConfig(CLI::App& command);
Runner AddTopics(CLI::App& command);
Runner AddGen(CLI::App& command);
Runner AddErase(CLI::App& command);
Runner AddTrain(CLI::App& command);
Runner AddExport(CLI::App& command);
Runner AddModel(CLI::App& command);
Runner AddHealth(CLI::App& command);
Runner AddVersion(CLI::App& command);

}  // namespace segmentd::app
