#include "app/config_args.h"

#include <CLI/CLI.hpp>

#include "app/console.h"

namespace segmentd::app {

void AddConfigOption(CLI::App& command, std::string& path) {
  command.add_option("-c,--config", path, "the configuration; `segmentd init` prints one")
      ->required()
      ->type_name("FILE");
}

Result<config::Config> LoadConfig(const std::string& path) {
  SEGMENTD_ASSIGN_OR_RETURN(config::Loaded loaded,
                            config::Load(path, config::ProcessEnvironment()));
  for (const std::string& warning : loaded.warnings) Say(warning);
  return std::move(loaded.config);
}

}  // namespace segmentd::app
