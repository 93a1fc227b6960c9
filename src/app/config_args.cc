#include "app/config_args.h"

#include <CLI/CLI.hpp>

#include "app/console.h"
#include "app/mistakes.h"

namespace segmentd::app {

void AddConfigOption(CLI::App& command, std::string& path) {
  command.add_option("-c,--config", path, "the configuration; `segmentd init` prints one")
      ->required()
      ->type_name("FILE");
}

namespace {

Result<config::Config> Take(Result<config::Loaded> loaded) {
  if (!loaded.ok()) return tl::unexpected(std::move(loaded.error()));
  for (const std::string& warning : loaded->warnings) Say(warning);
  return std::move(loaded->config);
}

}  // namespace

Result<config::Config> LoadConfig(const std::string& path) {
  return Take(config::Load(path, config::ProcessEnvironment(), FindMistakes));
}

Result<config::Config> DefaultConfig() {
  return Take(config::Parse("", "the environment", config::ProcessEnvironment(), FindMistakes));
}

}  // namespace segmentd::app
