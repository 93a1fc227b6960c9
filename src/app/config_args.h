#pragma once

#include <string>

#include "segmentd/base/result.h"
#include "segmentd/config/config.h"

namespace CLI {
class App;
}

namespace segmentd::app {

// -c FILE, as every command takes it that needs a configuration.
void AddConfigOption(CLI::App& command, std::string& path);

// The configuration of -c and the environment; warnings are said.
Result<config::Config> LoadConfig(const std::string& path);
// The same without a file: the defaults and the environment.
Result<config::Config> DefaultConfig();

}  // namespace segmentd::app
